/**
 * A server that cannot be used, from the start on: one sentence that names what is wrong and the way
 * out, the right exit code, no stack trace, and never the password.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { soon } from "../support/eventually.ts";
import type { ProgramName, ProgramResult } from "../support/program.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { end, Scene, stop } from "../support/scene.ts";

const PASSWORD = "top5ecret";
/** Without a port of its own nothing else can come to listen there. */
const NOBODY = "127.0.0.1:1";

/** No word of the offline model's is looked for. */
const MODEL = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" };

/** A program that is to fail, and its arguments. */
const LIST: readonly [ProgramName, ...string[]] = ["tasks", "list"];
const CHAT: readonly [ProgramName, ...string[]] = ["main", "--message", "hi"];
const SERVICE: readonly [ProgramName, ...string[]] = ["background"];

async function run(
  scene: Scene,
  [program, ...args]: readonly [ProgramName, ...string[]],
  QUEUE_URL: string,
  env: Record<string, string> = {},
): Promise<ProgramResult> {
  const ended = await end(scene.start(program, args, { env: { ...env, QUEUE_URL } }));
  assert(!(ended.stdout + ended.stderr).includes(PASSWORD), ended.stderr);
  return ended;
}

/** Each of the programs ends with just this on standard error. */
async function allSay(
  scene: Scene,
  QUEUE_URL: string,
  says: RegExp | string,
  { code, env = {}, programs = [LIST, CHAT, SERVICE] }: {
    readonly code: number;
    readonly env?: Record<string, string>;
    readonly programs?: readonly (readonly [ProgramName, ...string[]])[];
  },
): Promise<void> {
  for (const program of programs) {
    const { stderr, stdout, code: got } = await run(scene, program, QUEUE_URL, env);
    if (typeof says === "string") assertEquals(stderr, `error: ${says}\n`);
    else assertMatch(stderr, says);
    assertEquals([got, stdout, stderr.split("\n").length], [code, "", 2], stderr);
  }
}

const FORM = "redis://[user:password@]host[:6379][/database][?prefix=name][&cluster=true]";
const WRONG: readonly (readonly [url: string, expected: string])[] = [
  ["localhost:6379", "redis:// or rediss:// (TLS) at the beginning"],
  ["http://localhost:6379", "redis:// or rediss:// (TLS) at the beginning"],
  ["redis://", "the server's host name or address after redis://"],
  [
    `redis://u:${PASSWORD}#1@localhost`,
    'a URL (in a password, write "#" as %23, "/" as %2F, "?" as %3F and "@" as %40)',
  ],
  ["redis://localhost/jobs", "a database's number such as /0 after the host"],
  ["redis://localhost?ssl=1", '"prefix" and "cluster" as its only parameters, got "ssl"'],
  [
    `redis://:${PASSWORD}@localhost/1?cluster=true`,
    "no database with cluster=true: a cluster has only number 0",
  ],
];

Deno.test("a QUEUE_URL of another form is exit 3 with its form, and nothing is written", async () => {
  await using scene = await Scene.open(MODEL);
  for (const [url, expected] of WRONG) {
    const says = `QUEUE_URL: expected ${expected}; its form is ${FORM}`;
    await allSay(scene, url, says, { code: 3 });
  }
  assert(!scene.has(""));
});

Deno.test("where nothing listens main and tasks give up after some seconds, with the address", async () => {
  await using scene = await Scene.open(MODEL);
  const began = performance.now();
  const says =
    `Redis does not answer at ${NOBODY} (connection refused); start it, or correct QUEUE_URL`;
  const url = `redis://:${PASSWORD}@${NOBODY}`;
  await Promise.all(
    [LIST, CHAT].map((program) => allSay(scene, url, says, { code: 1, programs: [program] })),
  );
  assert(performance.now() - began < 25_000);
});

Deno.test("a host that nobody knows is named", async () => {
  await using scene = await Scene.open(MODEL);
  const { code, stderr } = await run(scene, LIST, "redis://no-such-host.invalid");
  // Where no name server answers, it may have just gone.
  assertMatch(stderr, /^error: .*"no-such-host\.invalid".*\n$/);
  assert(code === 3 || code === 1 && stderr.includes("cannot be looked up just now"), stderr);
});

testWithRedis(
  "a service waits for a server that is not there yet, says so once, and then works",
  async () => {
    await using server = await RedisServer.start({ password: PASSWORD });
    await using scene = await Scene.open({ QUEUE_URL: server.url });
    await server.kill();
    const service = scene.start("background", []);
    await soon("its word", service.seen(/is tried again until it works/, "stderr"));
    await server.restart();
    await soon("a service that is ready", service.seen(/ is ready, /, "stderr"));
    const added = await scene.tasks(["add", "--prompt", "What is 17*23?", "--wait=60"]);
    assertEquals([added.code, added.stdout.includes("391")], [0, true], added.stderr);
    const { code, stderr } = await stop(service);
    const said = stderr.split("\n").filter((line) => line.includes("(connection refused)"));
    assertEquals([code, said.length], [0, 1], stderr);
    assert(!stderr.includes(PASSWORD));
  },
);

testWithRedis("a service that waits for its server leaves when it is told to", async () => {
  await using scene = await Scene.open({ ...MODEL, QUEUE_URL: `redis://${NOBODY}` });
  const service = scene.start("background", []);
  await soon("its word", service.seen(/is tried again until it works/, "stderr"));
  const { code, stderr } = await stop(service);
  assertEquals([code, /\berror\b/i.test(stderr)], [0, false], stderr);
});

testWithRedis("a wrong password, and none where one is wanted, are exit 3", async () => {
  await using server = await RedisServer.start({ password: "another" });
  await using scene = await Scene.open(MODEL);
  const { place } = server;
  await allSay(
    scene,
    `redis://:${PASSWORD}@${place}`,
    `QUEUE_URL: Redis at ${place} refuses the user or password in QUEUE_URL; correct them`,
    { code: 3 },
  );
  await allSay(
    scene,
    `redis://${place}`,
    `QUEUE_URL: Redis at ${place} wants a password; write it in QUEUE_URL: redis://user:password@…`,
    { code: 3 },
  );
});

testWithRedis("a user that may not do enough is told what it needs", async () => {
  await using server = await RedisServer.start();
  await using scene = await Scene.open(MODEL);
  const login = `app:${PASSWORD}`;
  for (
    const rules of [["~*", "+ping"], ["~other:*", "&*", "+@all"], ["~*", "resetchannels", "+@all"]]
  ) {
    await server.cli("ACL", "SETUSER", "app", "reset", "on", `>${PASSWORD}`, ...rules);
    await allSay(
      scene,
      server.urlWith({ login }),
      /^error: QUEUE_URL: .*ACL SETUSER .*~\{bts\}:\*/,
      {
        code: 3,
        programs: [LIST, SERVICE],
      },
    );
  }
});

testWithRedis("a database that the server does not have is exit 3", async () => {
  await using server = await RedisServer.start();
  await using scene = await Scene.open(MODEL);
  const says =
    `QUEUE_URL: Redis at ${server.place} has no database of the number that is in QUEUE_URL`;
  await allSay(scene, `redis://${server.place}/99`, says, { code: 3 });
});

Deno.test("what is no Redis server is called so", async () => {
  await using web = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("hello"),
  );
  await using scene = await Scene.open(MODEL);
  const place = `127.0.0.1:${web.addr.port}`;
  const says = `QUEUE_URL: what answers at ${place} is no Redis server; correct QUEUE_URL`;
  await allSay(scene, `redis://:${PASSWORD}@${place}`, says, { code: 3 });
});

testWithRedis("TLS to a server without it, and the reverse, are told apart", async () => {
  await using plain = await RedisServer.start();
  await using tls = await RedisServer.start({ tls: true });
  await using scene = await Scene.open(MODEL);
  // It waits for the rest of what it takes for a command, and is silent.
  const silent =
    `Redis at ${plain.place} does not answer; see whether it runs and a firewall lets ` +
    "this host in, or write redis:// in QUEUE_URL if it speaks no TLS";
  await allSay(scene, `rediss://${plain.place}`, silent, { code: 1, programs: [LIST] });
  await allSay(
    scene,
    `redis://${tls.place}`,
    new RegExp(`^error: (QUEUE_URL: )?Redis at ${tls.place} .*rediss:// in QUEUE_URL`),
    { code: 1, programs: [LIST] },
  );
  await allSay(
    scene,
    tls.url,
    /^error: QUEUE_URL: the certificate of Redis at localhost:\d+ is not trusted .*DENO_CERT/,
    { code: 3, programs: [LIST, SERVICE] },
  );
  const known = await run(scene, LIST, tls.url, { DENO_CERT: tls.authority });
  assertEquals([known.code, known.stderr], [0, "There are no such tasks.\n"]);
});
