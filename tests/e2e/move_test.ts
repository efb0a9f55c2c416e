/** The real command, killed by SIGKILL in the middle, in both directions. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { contentsOfTree } from "../lib/move/contents.ts";
import { RedisRoom } from "../lib/move/move_fixture.ts";
import { plantTasks } from "../lib/move/planted_tasks.ts";
import { denoArgs, PROJECT, runProgram, startProgram } from "../support/program.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { TempDir } from "../support/storage_fixture.ts";

const TASKS = 400;

/** `tasks move`, with the lock file that has the packages for Redis too. */
class Move {
  readonly #child: Deno.ChildProcess;

  constructor(from: string, to: string) {
    const [run = "run", ...args] = denoArgs("tasks");
    const lock = `--lock=${join(PROJECT, "lib", "redis", "deno.lock")}`;
    this.#child = new Deno.Command("deno", {
      args: [run, lock, ...args, "move", "--from", from, "--to", to, "--json"],
      cwd: PROJECT,
      env: { DURABILITY: "relaxed", NO_COLOR: "1", OPENAI_API_KEY: "", OPENAI_BASE_URL: "" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async ended(): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await this.#child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Kills it once so many tasks are there; false where it has ended before. */
  async killedAt(count: number, counted: () => number): Promise<boolean> {
    let isOver = false;
    const ended = this.ended().then(({ code }) => (isOver = true, code));
    while (!isOver && counted() < count) await new Promise((resolve) => setTimeout(resolve, 1));
    if (!isOver) this.#child.kill("SIGKILL");
    return await ended === 137;
  }
}

function tasksIn(dir: string): number {
  let count = 0;
  for (const state of ["pending", "running", "completed", "failed"]) {
    for (const { name } of Deno.readDirSync(`${dir}/tasks/${state}`)) {
      if (name.endsWith(".json")) count++;
    }
  }
  return count;
}

testWithRedis(
  "tasks move goes on after SIGKILLs at random moments, to Redis and back: all there, nothing doubled",
  async () => {
    await using dir = await TempDir.make();
    await using server = await RedisServer.start({ durable: false });
    await using redis = await RedisRoom.open(server.url);
    const files = dir.path;
    plantTasks(files, TASKS);
    const planted = contentsOfTree(files);
    const random = (from: number) => from + Math.floor(Math.random() * (TASKS - from) / 2);

    const gone = () => TASKS - tasksIn(files);
    const first = await new Move(files, server.url).killedAt(random(1), gone);
    const second = await new Move(files, server.url).killedAt(random(gone() + 1), gone);
    assert(first && second, `killed: ${first}, ${second}; ${gone()} were gone`);
    const service = await runProgram("background", ["--dir", files], {
      env: { OPENAI_API_KEY: "", TOOLS_FILE: join(PROJECT, "tools.json") },
    });
    assertEquals(service.code, 1);
    assertStringIncludes(
      service.stderr,
      "was cut short, and some may be at both places; finish it",
    );
    const there = await new Move(files, server.url).ended();
    assertEquals([there.code, there.stderr], [0, ""]);
    const { moved, already_there, left } = JSON.parse(there.stdout);
    assertEquals(left, []);
    assert(moved + already_there > 0 && moved + already_there < TASKS, there.stdout);
    assertEquals(await redis.contents(), planted);
    assertEquals(contentsOfTree(files), new Map());

    const back = () => tasksIn(files);
    const third = await new Move(server.url, files).killedAt(random(1), back);
    const fourth = await new Move(server.url, files).killedAt(random(back() + 1), back);
    assert(third && fourth, `killed: ${third}, ${fourth}; ${back()} were back`);
    const home = await new Move(server.url, files).ended();
    assertEquals([home.code, home.stderr], [0, ""]);
    assertEquals(await redis.contents(), new Map());
    assertEquals(contentsOfTree(files), planted);
  },
  { large: true },
);

testWithRedis(
  "tasks move says in a sentence what is wrong with a server, and shows no password",
  async () => {
    await using dir = await TempDir.make();
    await using server = await RedisServer.start({ durable: false, password: "right" });
    plantTasks(dir.path, 1);
    const wrong = server.urlWith({ login: "user:wrong" });
    const { code, stderr } = await new Move(dir.path, wrong).ended();
    assertEquals(code, 3);
    assertStringIncludes(stderr, "refuses the user or password in --to; correct them");
    assertEquals(/wrong/.test(stderr), false);
    assertEquals(contentsOfTree(dir.path).size, 1);
  },
);

testWithRedis(
  "a service that was cut off while a move began ends, takes nothing more, and says why",
  async () => {
    await using dir = await TempDir.make();
    await using server = await RedisServer.start({ durable: false });
    const env = { PERSISTENT_DIR: dir.path, QUEUE_URL: server.url, DURABILITY: "relaxed" };
    const service = startProgram("background", [], { env });
    await service.seen(/is ready/, "stderr");
    const mark = { version: 1, token: "t", from: "here", to: "there", started_at: "2026-01-01" };
    await server.cli("SET", "{bts}:mover", "m");
    await server.cli("SET", "{bts}:moving", JSON.stringify(mark));
    // As if it had not been heard of for long.
    await server.cli(
      "DEL",
      `{bts}:service:${await server.cli("ZRANGE", "{bts}:services", "0", "0")}`,
    );
    const { code, stderr } = await service.ended;
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      `error: Cannot go on with the service on Redis at ${server.place}: its tasks are being moved ` +
        "from here to there just now; wait until that is done\n",
    );
    assertEquals(await server.cli("KEYS", "*service*"), "");
  },
);
