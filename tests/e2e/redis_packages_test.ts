/** Who does not use Redis downloads nothing for it. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { denoArgs, PROJECT } from "../support/program.ts";
import { TempDir } from "../support/storage_fixture.ts";

const OF_REDIS = /^(bullmq|ioredis|@ioredis|redis-\w+|msgpackr)/;

/** Runs a task of deno.json on a machine that has no packages yet. */
async function runTask(deno_dir: string, persistent_dir: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["task", ...args],
    cwd: PROJECT,
    env: { DENO_DIR: deno_dir, PERSISTENT_DIR: persistent_dir, QUEUE_URL: "", NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

async function downloaded(deno_dir: string): Promise<string[]> {
  const names: string[] = [];
  const registries = join(deno_dir, "npm");
  for await (const { name } of Deno.readDir(registries)) {
    for await (const each of Deno.readDir(join(registries, name))) names.push(each.name);
  }
  return names;
}

Deno.test("without QUEUE_URL no package of Redis is downloaded, and no lock file is changed", async () => {
  const lock = await Deno.readTextFile(join(PROJECT, "deno.lock"));
  await using packages = await TempDir.make();
  await using persistent = await TempDir.make();
  await runTask(packages.path, persistent.path, "main", "--help");
  await runTask(packages.path, persistent.path, "tasks", "list");
  await runTask(packages.path, persistent.path, "background", "--help");
  const names = await downloaded(packages.path);
  assertEquals(names.includes("zod"), true);
  assertEquals(names.filter((name) => OF_REDIS.test(name)), []);
  assertEquals(await Deno.readTextFile(join(PROJECT, "deno.lock")), lock);
  const { code, stderr } = await withoutConnection(packages.path, persistent.path);
  assertEquals(code, 3);
  assertMatch(
    stderr,
    /^error: QUEUE_URL: what Redis needs could not be loaded: .*; Deno downloads/,
  );
});

/** Starts main with QUEUE_URL where its packages are not there and cannot be had. */
async function withoutConnection(DENO_DIR: string, PERSISTENT_DIR: string) {
  const [run = "", ...args] = denoArgs("tasks");
  // A copy: what a run with QUEUE_URL notes there must not be noted in the project's own.
  const lock = join(PERSISTENT_DIR, "deno.lock");
  await Deno.copyFile(join(PROJECT, "deno.lock"), lock);
  const { code, stderr } = await new Deno.Command("deno", {
    args: [run, "--cached-only", `--lock=${lock}`, ...args, "list"],
    cwd: PROJECT,
    env: { DENO_DIR, PERSISTENT_DIR, QUEUE_URL: "redis://127.0.0.1:1", NO_COLOR: "1" },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("the project's lock file leads to no package of Redis, the tests' own has them all", async () => {
  const specifiers = async (file: string): Promise<string[]> =>
    Object.keys(JSON.parse(await Deno.readTextFile(join(PROJECT, file))).specifiers);
  const own = await specifiers("deno.lock");
  const all = await specifiers("lib/redis/deno.lock");
  assertEquals(own.filter((name) => /bullmq|ioredis/.test(name)), []);
  assertEquals(all.filter((name) => !own.includes(name)), [
    "npm:bullmq@6.4.0",
    "npm:ioredis@5.11.1",
  ]);
  assertEquals(own.filter((name) => !all.includes(name)), []);
});
