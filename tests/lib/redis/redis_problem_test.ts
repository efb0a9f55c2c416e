import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConfigError } from "../../../lib/config_error.ts";
import { RedisKeys } from "../../../lib/redis/keys.ts";
import { connect, type RedisConnection } from "../../../lib/redis/redis_connection.ts";
import { problemOf, RedisProblem } from "../../../lib/redis/redis_problem.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { CapturedLog } from "../../support/captured_log.ts";
import { eventually } from "../../support/eventually.ts";
import { PROJECT } from "../../support/program.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { RedisStores } from "../../support/redis_stores.ts";

const AT_ONCE = { patience_ms: 0, retryForever: false };

/** What a wrong QUEUE_URL is told, to a program that waits as to one that does not. */
async function refusal(url: string): Promise<string> {
  const told = new Set<string>();
  const { password } = parseRedisUrl(url);
  for (const retryForever of [false, true]) {
    const connecting = () => connect(parseRedisUrl(url), { ...AT_ONCE, retryForever });
    const error = await assertRejects(connecting, ConfigError);
    told.add(error.message);
    // Not even where an error is printed with all that caused it.
    const whole = Deno.inspect(error, { depth: 10 });
    assertEquals(password !== undefined && whole.includes(password), false, whole);
  }
  assertEquals(told.size, 1);
  return [...told].join();
}

async function withConnection(url: string, test: (redis: RedisConnection) => Promise<void>) {
  const redis = await connect(parseRedisUrl(url), AT_ONCE);
  try {
    await test(redis);
  } finally {
    await redis.close();
  }
}

testWithRedis("wrong credentials are refused in one sentence, without the password", async () => {
  await using server = await RedisServer.start({ password: "open-sesame" });
  const { place } = server;
  const wrong =
    `QUEUE_URL: Redis at ${place} refuses the user or password in QUEUE_URL; correct them`;
  assertEquals(await refusal(server.urlWith({ login: ":hidden1" })), wrong);
  assertEquals(await refusal(server.urlWith({ login: "nobody:hidden2" })), wrong);
  assertEquals(
    await refusal(`redis://${place}`),
    `QUEUE_URL: Redis at ${place} wants a password; write it in QUEUE_URL: ` +
      "redis://user:password@…",
  );
  assertEquals(
    await refusal(`redis://:open-sesame@${place}/99`),
    `QUEUE_URL: Redis at ${place} has no database of the number that is in QUEUE_URL`,
  );
});

testWithRedis("a password that nobody asked for does no harm", async () => {
  await using server = await RedisServer.start();
  await withConnection(server.urlWith({ login: ":needless" }), async (redis) => {
    assertEquals(await redis.ask((client) => client.ping()), "PONG");
  });
});

testWithRedis(
  "a user without rights is told which; one with what is said there can do all",
  async () => {
    await using server = await RedisServer.start();
    const setUser = (name: string, ...rules: string[]) =>
      server.cli("ACL", "SETUSER", name, "on", ">hidden3", ...rules);
    await setUser("blind", "+ping", "~other:*");
    const needed = (place: string) =>
      `the user in QUEUE_URL may not do what is needed on Redis at ${place}; give it all commands on ` +
      "its keys and channels: ACL SETUSER … ~{bts}:* &{bts}:* +@all -@dangerous +info";
    assertEquals(
      await refusal(server.urlWith({ login: "blind:hidden3" })),
      `QUEUE_URL: ${needed(server.place)}`,
    );
    const reads = ["+@read", "+@connection", "+@pubsub", "+eval", "+evalsha"];
    await setUser("reader", "~{bts}:*", "&{bts}:*", ...reads);
    await withConnection(server.urlWith({ login: "reader:hidden3" }), async (redis) => {
      const writing = () => redis.ask((client) => client.set("{bts}:x", "1"));
      assertEquals((await assertRejects(writing, RedisProblem)).message, needed(server.place));
    });
    await setUser("full", "~{bts}:*", "&{bts}:*", "+@all", "-@dangerous", "+info");
    await withConnection(server.urlWith({ login: "full:hidden3" }), async (redis) => {
      assertEquals(await redis.ask((client) => client.set("{bts}:x", "1")), "OK");
    });
  },
);

testWithRedis("a full server takes nothing more, says what helps, and still answers", async () => {
  await using server = await RedisServer.start({
    settings: ["maxmemory 1mb", "maxmemory-policy noeviction"],
  });
  await using stores = await RedisStores.open(server);
  const { redis, leases, journals, keys } = stores;
  const fill = redis.ask((client) => client.set("{bts}:filling", "x".repeat(2_000_000)));
  // The first one that is too much is taken still.
  await fill.catch(() => {});
  const full =
    `Redis at ${server.place} has no memory left for more; give it more (maxmemory), or ` +
    "remove old tasks with `tasks prune`";
  const error = await assertRejects(() => leases.take("x"), RedisProblem);
  assertEquals([error.message, error.remedy], [full, "operator"]);
  assertEquals(await journals.read("x"), []);
  await server.cli("CONFIG", "SET", "maxmemory", "0");
  await leases.take("x");
  const journal = await journals.open("x", "inc-1");
  await server.cli("CONFIG", "SET", "maxmemory", "1");
  const writing = () => journal.append({ type: "attempt_ended", outcome: "failed" });
  assertEquals((await assertRejects(writing, RedisProblem)).message, full);
  assertEquals(await server.cli("LLEN", keys.journal("x")), "1");
});

testWithRedis("a key of another program is named as what it is", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  await server.cli("SET", stores.keys.unread("c1"), "mine");
  const inTheWay = (keys: string) =>
    `a key of another program is in the way on Redis at ${server.place}; remove it (${keys}), or ` +
    "name another prefix in QUEUE_URL: ?prefix=name";
  const error = await assertRejects(() => stores.notifications.unread("c1"), RedisProblem);
  assertEquals(error.message, inTheWay("{bts}:unread:c1"));
  await server.cli("SET", stores.keys.services, "mine");
  const announcing = () =>
    stores.presence.announce({ service_id: "a" } as Parameters<typeof stores.presence.announce>[0]);
  const either = inTheWay("{bts}:services or {bts}:service:a or {bts}:moving");
  assertEquals((await assertRejects(announcing, RedisProblem)).message, either);
  assertEquals(await server.cli("GET", stores.keys.services), "mine");
});

testWithRedis("a replica is waited for until it is promoted", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  await server.cli("REPLICAOF", "127.0.0.1", "1");
  const setting = stores.redis.ask((client) => client.set("{bts}:x", "1"));
  await eventually("it was refused", () => log.about("is lost").length > 0);
  await server.cli("REPLICAOF", "NO", "ONE");
  assertEquals(await setting, "OK");
});

testWithRedis("what is no Redis server is told apart from one", async () => {
  const http = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("hello"),
  );
  const place = `127.0.0.1:${http.addr.port}`;
  assertEquals(
    await refusal(`redis://${place}`),
    `QUEUE_URL: what answers at ${place} is no Redis server; correct QUEUE_URL`,
  );
  await http.shutdown();
});

testWithRedis("one that says nothing is given up", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const place = `127.0.0.1:${listener.addr.port}`;
  const accepted = listener.accept();
  const error = await assertRejects(
    () => connect(parseRedisUrl(`redis://${place}`), AT_ONCE),
    RedisProblem,
  );
  assertStringIncludes(error.message, `Redis at ${place} does not answer`);
  (await accepted).close();
});

/** Connects in a process of its own, and gives what it printed. */
async function ping(url: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--lock=lib/redis/deno.lock"],
      ...["--allow-net", "--allow-read", "--ignore-env", "tests/lib/redis/ping_process.ts", url],
    ],
    cwd: PROJECT,
    env,
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

testWithRedis(
  "TLS is trusted by DENO_CERT, and told where it is missing or not wanted",
  async () => {
    await using tls = await RedisServer.start({ tls: true, password: "secret" });
    await using plain = await RedisServer.start();
    const [trusted, untrusted, forgotten, needless] = await Promise.all([
      ping(tls.url, { DENO_CERT: tls.authority }),
      ping(tls.url),
      ping(tls.url.replace("rediss", "redis")),
      ping(plain.url.replace("redis", "rediss")),
    ]);
    assertEquals(trusted, "PONG");
    assertEquals(
      untrusted,
      `ConfigError: QUEUE_URL: the certificate of Redis at ${tls.place} is not trusted for this name; ` +
        "set DENO_CERT to the file of the authority that has signed it, and use the name that is in it",
    );
    assertEquals(
      forgotten,
      `RedisProblem: Redis at ${tls.place} has closed the connection; if it wants TLS, write rediss:// ` +
        "in QUEUE_URL",
    );
    assertStringIncludes(needless, `Redis at ${plain.place}`);
    assertStringIncludes(needless, "write redis:// in QUEUE_URL");
  },
);

testWithRedis(
  "a cluster works with cluster=true, and one who forgot it or has none is told",
  async () => {
    await using cluster = await RedisServer.start({ cluster: true });
    await withConnection(cluster.urlWith({ query: "prefix=x" }), async (redis) => {
      const keys = new RedisKeys("x");
      const answers = await redis.ask((client) =>
        client.multi().set(keys.moving, "1").get(keys.moving).rpush(keys.journal("a"), "l").exec()
      );
      assertEquals(answers, [[null, "OK"], [null, "1"], [null, 1]]);
      const { promise, resolve } = Promise.withResolvers<string>();
      let listening = false;
      redis.subscribe(keys.channels.journals, resolve, () => listening = true);
      await eventually("it listens", () => listening);
      await redis.ask((client) => client.publish(keys.channels.journals, "a"));
      assertEquals(await promise, "a");
    });
    await using plain = await RedisServer.start();
    assertEquals(
      await refusal(plain.urlWith({ query: "cluster=true" })),
      `QUEUE_URL: Redis at ${plain.place} is no cluster; remove cluster=true from QUEUE_URL`,
    );
  },
);

testWithRedis("a cluster that is restarted is waited for", async () => {
  await using cluster = await RedisServer.start({ cluster: true });
  await using stores = await RedisStores.open(cluster);
  await stores.leases.take("x");
  const journal = await stores.journals.open("x", "inc-1");
  await cluster.kill();
  const writing = journal.append({ type: "attempt_ended", outcome: "completed" });
  await cluster.restart();
  await writing;
  assertEquals((await stores.journals.read("x")).length, 1);
});

Deno.test("an error that is no server's stays what it is", () => {
  assertEquals(
    problemOf(new TypeError("x is not a function"), parseRedisUrl("redis://h")),
    undefined,
  );
  assertEquals(problemOf("text", parseRedisUrl("redis://h")), undefined);
});

Deno.test("answers are told by their code, wherever a script puts it", () => {
  const remedyOf = (message: string) => {
    const error = Object.assign(new Error(message), { name: "ReplyError" });
    return problemOf(error, parseRedisUrl("redis://h"))?.remedy;
  };
  const cases: [string, string][] = [
    ["LOADING Redis is loading the dataset in memory", "time"],
    ["CLUSTERDOWN The cluster is down", "time"],
    ["READONLY You can't write against a read only replica.", "time"],
    ["MISCONF Redis is configured to save RDB snapshots, but it's unable to", "operator"],
    ["ERR Error running script (call to f_1): @user_script:1: WRONGTYPE Operation", "operator"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "operator"],
    ["ERR max number of clients reached", "operator"],
    ["MOVED 3999 127.0.0.1:6381", "settings"],
    ["NOPERM this user has no permissions to run the 'set' command", "settings"],
    ["ERR unknown command 'XADD', with args beginning with:", "settings"],
  ];
  for (const [message, remedy] of cases) assertEquals(remedyOf(message), remedy, message);
});
