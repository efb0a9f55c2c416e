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

async function output(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** The processes that a process has started, and theirs, as `ps` shows them to anybody. */
async function descendants(pid: number) {
  const all = (await output("ps", "-eo", "pid=,ppid=,args=")).split("\n").flatMap((line) => {
    const [, child = "", parent, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return child === "" ? [] : [{ pid: Number(child), parent: Number(parent), command }];
  });
  const below = (above: number): typeof all =>
    all.filter(({ parent }) => parent === above).flatMap((child) => [child, ...below(child.pid)]);
  return { own: all.find((each) => each.pid === pid), below: below(pid) };
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
  const { own, below } = await descendants(service.pid);
  assert(own !== undefined && own.command.includes("background_service.ts"));
  assertClean("the service's arguments", own.command);
  assert(below.length > 0, "a tool's process is kept");
  for (const { pid, command } of below) {
    const environment = await output("cat", `/proc/${pid}/environ`);
    assert(environment !== "");
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
