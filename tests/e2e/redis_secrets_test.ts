/** The password in QUEUE_URL is nowhere but in the environment of the programs themselves. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { soon } from "../support/eventually.ts";
import { startModelServer } from "../support/model_server.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { end, Scene, stop } from "../support/scene.ts";

const PASSWORD = "top5ecret";
/** As URLs have it, and as BASE64 of a header would. */
const FORMS = [PASSWORD, btoa(`app:${PASSWORD}`), encodeURIComponent(`app:${PASSWORD}`)];

function assertClean(what: string, text: string): void {
  for (const form of FORMS) assert(!text.includes(form), `${what} tells the password: ${text}`);
}

/** A process's command line and environment, as others on its machine see them. */
function seen(pid: number): { readonly command: string; readonly environment: string } {
  const read = (name: string) =>
    Deno.readTextFileSync(`/proc/${pid}/${name}`).replaceAll("\0", " ");
  return { command: read("cmdline"), environment: read("environ") };
}

/** The processes that a process has started, and theirs. */
function descendants(pid: number): number[] {
  const found = [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parent = /\) \S (\d+)/.exec(Deno.readTextFileSync(`/proc/${name}/stat`))?.[1];
      return Number(parent) === pid ? [Number(name)] : [];
    } catch {
      // It has just ended.
      return [];
    }
  });
  return found.flatMap((child) => [child, ...descendants(child)]);
}

function* filesBelow(directory: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* filesBelow(path);
    else if (isFile) yield path;
  }
}

testWithRedis("the password of QUEUE_URL is in no output, log, file, key or argument", async () => {
  const call = { name: "calculate", arguments: '{"expression":"17*23"}' };
  await using model = await startModelServer([{ tool_calls: [call] }, { text: "391" }]);
  await using server = await RedisServer.start({
    settings: [`user app on >${PASSWORD} ~* &* +@all`],
  });
  const QUEUE_URL = server.urlWith({ login: `app:${PASSWORD}` });
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    QUEUE_URL,
    LOG_LEVEL: "trace",
  });
  const service = await scene.service();
  const lines = [
    "add --prompt sum --id t1 --wait=60",
    "list",
    "show t1",
    "show t1 --json",
    "doctor",
    "doctor --json",
    "stats --json",
    "prune --keep 0 --unread --json",
  ];
  for (const line of lines) {
    const { stdout, stderr } = await scene.tasks(line.split(" "));
    assertClean(line, stdout + stderr);
  }
  const chat = await scene.main(["--message", "hello", "--json"]);
  assertClean("main", chat.stdout + chat.stderr);
  assertClean("the service's arguments", seen(service.pid).command);
  const children = descendants(service.pid);
  assert(children.length > 0, "a tool's process is kept");
  for (const pid of children) {
    const { command, environment } = seen(pid);
    assertClean("a tool's process", command + environment);
    assert(!environment.includes("QUEUE_URL"));
  }
  const dump = await server.cli("--scan");
  assertClean("a key", dump);
  for (const key of dump.split("\n").filter((key) => key !== "")) {
    assertClean(key, await server.cli("--no-raw", "DUMP", key));
  }
  await server.kill();
  await soon("its word", service.seen(/ is lost/, "stderr"));
  const away = scene.start("tasks", ["list"]);
  await server.restart();
  const { stdout, stderr } = await end(away);
  assertClean("tasks beside a server that is away", stdout + stderr);
  const { code, stderr: log } = await stop(service);
  assertEquals(code, 0);
  assertClean("the service's log", log);
  assert(log.includes(server.place), "the log says where the queue is");
  for (const path of filesBelow(scene.root)) assertClean(path, Deno.readTextFileSync(path));
});
