/** What each program may do: deno.json's flags, README's table, and what a run really asks for. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ENVIRONMENT_NAMES } from "../../lib/settings.ts";
import { startModelServer } from "../support/model_server.ts";
import { denoArgs, type ProgramName, PROJECT } from "../support/program.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { Scene, stop } from "../support/scene.ts";

const KINDS = ["read", "write", "net", "env", "run", "sys"] as const;
type Kind = typeof KINDS[number];
/** A permission's value: `true` for all of it, absent for none. */
type Granted = Partial<Record<Kind, true | string>>;

const ENVIRONMENT = [...ENVIRONMENT_NAMES].sort().join(",");

/** What the programs are meant to hold; README says the same in words. */
const EXPECTED: Record<ProgramName, Granted> = {
  main: { read: true, write: true, net: true, env: ENVIRONMENT },
  // How full the disk is: for doctor alone, and nothing that the chat needs.
  tasks: { read: true, write: true, net: true, env: ENVIRONMENT, sys: "statfs" },
  background: {
    read: true,
    write: true,
    net: true,
    env: ENVIRONMENT,
    run: "deno",
    sys: "hostname",
  },
  start: { read: true, write: true, net: true, env: ENVIRONMENT, run: "deno" },
};

/** The permissions in a task of deno.json. */
function grantedBy(task: ProgramName): Granted {
  const granted: Record<string, true | string> = {};
  for (const arg of denoArgs(task)) {
    const [, kind, value] = /^--allow-([a-z]+)(?:=(.*))?$/.exec(arg) ?? [];
    if (kind === undefined) continue;
    assert(KINDS.includes(kind as Kind), `${task} has ${arg}`);
    granted[kind] = kind === "env" ? sorted(value) : value ?? true;
  }
  return granted;
}

function sorted(list: string | undefined): string {
  return (list ?? "").split(",").sort().join(",");
}

/** README's table: a program's row, by the columns' names. */
async function readmeRow(program: string): Promise<Record<string, string>> {
  const lines = (await Deno.readTextFile(join(PROJECT, "README.md"))).split("\n");
  const head = lines.findIndex((line) => /^\| program +\| read +\|/.test(line));
  assert(head >= 0, "README.md has no table of permissions");
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const row = lines.slice(head).find((line) => cells(line)[0] === `\`${program}\``);
  assert(row !== undefined, `README.md's table of permissions has no row for ${program}`);
  return Object.fromEntries(cells(lines[head]!).map((name, i) => [name, cells(row)[i] ?? ""]));
}

/** How README puts a permission. */
function inWords(granted: true | string | undefined): string {
  if (granted === undefined) return "–";
  if (granted === true) return "yes";
  return granted === ENVIRONMENT ? "the list below" : granted;
}

Deno.test("the tasks of deno.json hold exactly the permissions that they are meant to", () => {
  for (const [task, expected] of Object.entries(EXPECTED)) {
    assertEquals(grantedBy(task as ProgramName), expected, task);
  }
});

Deno.test("what the programs may not read in the environment is to them as if it were not set", () => {
  // Packages look what there is (`debug`, which ioredis uses): that must not end the program.
  for (const task of Object.keys(EXPECTED)) {
    assert(denoArgs(task as ProgramName).includes("--ignore-env"), task);
  }
});

testWithRedis("the packages of Redis need no permission beyond the table", async () => {
  await using server = await RedisServer.start({ password: "secret" });
  for (const task of ["main", "tasks", "background", "start"] as const) {
    const [run = "", ...args] = denoArgs(task);
    const flags = args.filter((arg) => arg.startsWith("--"));
    const { code, stdout, stderr } = await new Deno.Command("deno", {
      args: [
        ...[
          run,
          "--lock=lib/redis/deno.lock",
          "--quiet",
          ...flags.filter((arg) => arg !== "--quiet"),
        ],
        ...["tests/support/use_redis_packages.ts", server.url],
      ],
      cwd: PROJECT,
      // A variable that they would read if they might.
      env: { DEBUG: "ioredis:*" },
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals([code, decode(stdout)], [0, "ä 1"], `${task}: ${decode(stderr)}`);
    assertEquals(decode(stderr), "", task);
    await server.cli("FLUSHALL");
  }
});

Deno.test("no task of deno.json that runs a program of ours for people has all permissions", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT, "deno.json")));
  for (const [name, task] of Object.entries<{ command: string }>(tasks)) {
    const args = task.command.split(/\s+/);
    const all = args.filter((arg) => /^-[a-zA-Z]*A|^--allow-all/.test(arg));
    assertEquals(all, [], `the task "${name}"`);
    if (args.includes("run")) assert(args.includes("--no-prompt"), `"${name}" may prompt`);
  }
});

Deno.test("README's table of permissions says what deno.json grants", async () => {
  for (const [task, program] of [["main", "main.ts"], ["background", "background_service.ts"]]) {
    const row = await readmeRow(program!);
    const granted = grantedBy(task as ProgramName);
    for (const kind of KINDS) {
      const said = row[kind]?.replaceAll("`", "");
      assertEquals(said, inWords(granted[kind]), `${program}, ${kind}`);
    }
  }
});

Deno.test("README names every environment variable that the programs may read", async () => {
  const readme = await Deno.readTextFile(join(PROJECT, "README.md"));
  assertEquals(ENVIRONMENT_NAMES.filter((name) => !readme.includes(`\`${name}\``)), []);
});

// The package reads it wherever it may, and here it may not.
const REFUSED = ["OPENAI_CUSTOM_HEADERS"];

interface Asked {
  readonly permission: string;
  readonly value: string | null;
}

/** What a program asked Deno for, granted or not. (Deno does not tell of `run`.) */
async function asked(audit: string, permission: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(audit)).split("\n").filter((line) => line !== "");
  const entries = lines.map((line) => JSON.parse(line) as Asked);
  const values = entries.filter((each) => each.permission === permission)
    .map(({ value }) => value ?? "all of it");
  return [...new Set(values)].sort();
}

Deno.test("at work the programs ask for no permission beyond the table", async () => {
  await using model = await startModelServer(() => ({ text: "done" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  const audit = (name: string) => join(scene.root, `${name}.audit`);
  const service = await scene.service([], { env: { DENO_AUDIT_PERMISSIONS: audit("service") } });
  scene.submit("t1", { prompt: "hi" });
  await scene.completed("t1");
  const env = { DENO_AUDIT_PERMISSIONS: audit("main") };
  const turn = await scene.main(["--conversation", "c1", "--message", "hi"], { env });
  assertEquals(turn.code, 0, turn.stderr);
  assertEquals((await stop(service)).code, 0);

  for (const name of ["main", "service"]) {
    const beyond = (await asked(audit(name), "env"))
      .filter((variable) => !ENVIRONMENT_NAMES.includes(variable));
    assertEquals(beyond.filter((variable) => !REFUSED.includes(variable)), [], name);
    assertEquals(await asked(audit(name), "ffi"), [], name);
  }
  assertEquals(await asked(audit("main"), "sys"), []);
  assertEquals(await asked(audit("service"), "sys"), ["hostname"]);
});
