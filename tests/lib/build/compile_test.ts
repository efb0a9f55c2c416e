/** The binaries, made with this Deno itself in the place of the runtime that would be downloaded. */
import { assert, assertEquals } from "@std/assert";
import { existsSync } from "@std/fs";
import { dirname, join } from "@std/path";
import { compileArgs, explainFailure } from "../../../lib/build/compile.ts";
import {
  type BinaryProgram,
  MAIN_BINARY,
  SERVICE_BINARY,
  withRedis,
} from "../../../lib/build/programs.ts";
import { type Binary, extract, NODE_MODULES, readBinary } from "../../support/binary.ts";
import { readSources } from "../../support/import_graph.ts";
import { moduleGraph } from "../../support/module_graph.ts";
import { denoArgs, PROJECT } from "../../support/program.ts";
import { TempDir } from "../../support/storage_fixture.ts";

/** What each binary comes to load while it runs. */
const LOADED = {
  main: ["main.ts"],
  background_service: [
    "background_service.ts",
    "lib/build/service_binary.ts",
    "lib/sandbox/tool_host.ts",
    "lib/sandbox/reap_process.ts",
    ...[...Deno.readDirSync(join(PROJECT, "tools"))].map(({ name }) => `tools/${name}`),
  ],
};

/** What a binary has only where that was asked for; the second one only the chat's. */
const REDIS_ENGINE = "lib/open_redis_storage.ts";
const REDIS_MOVE = "lib/move/redis_task_store.ts";

/** Put beside a binary's files: opens the toolbox over them as the binary does, itself its program. */
const PROBE = `
import { openToolbox } from "./lib/sandbox/open_toolbox.ts";
const [data, ...args] = Deno.args;
const toolbox = await openToolbox({
  tools_file: data + "/tools.json",
  persistent_dir: data + "/persistent",
  environment: Deno.env.toObject(),
  launch: { kind: "self", program: "deno", args, env: {} },
});
const answer = await toolbox.call({
  name: "calculate",
  args: { expression: "17*23" },
  task_id: "t1",
  conversation_id: "c1",
  idempotency_key: "t1/1/1",
  signal: new AbortController().signal,
  onArtifact: (name) => Promise.resolve(name),
});
await toolbox.close();
const left_out = toolbox.catalogue.filter(({ enabled, off }) => !enabled && !off);
console.log(JSON.stringify({ left_out, tools: toolbox.catalogue.map(({ name }) => name), answer }));
`;

async function compiled(program: BinaryProgram, directory: string): Promise<Binary> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: compileArgs(program, directory),
    cwd: PROJECT,
    env: { DENORT_BIN: Deno.execPath() },
    stdout: "null",
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return readBinary(join(directory, program.name));
}

/** The files that the modules need and the binary does not have, or not so that it can run them. */
async function missing(binary: Binary, modules: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const { files, packages } of await Promise.all(modules.map(moduleGraph))) {
    for (const path of files) {
      const file = binary.files.get(path);
      const isReady = file?.transpiled || file !== undefined && isJavaScript(path, file.text());
      if (!isReady) found.add(path);
    }
    for (const { name, version, directory } of packages) {
      // What a package may do without, and is for another kind of machine, is not on this one.
      if (!existsSync(directory)) continue;
      for (const path of walk(directory)) {
        const embedded = `${NODE_MODULES}/${name}/${version}/${path}`;
        if (!binary.files.has(embedded)) found.add(embedded);
      }
    }
  }
  return [...found].sort();
}

// Of what has no types in it Deno keeps nothing beside the text.
function isJavaScript(path: string, text: string): boolean {
  return !path.endsWith(".ts") || /^(\/\/.*\n|export (\*|{ \w+ }) from ".*";\n)*$/.test(text);
}

function hasPackage({ files }: Binary, name: string): boolean {
  return [...files.keys()].some((path) => path.startsWith(`${NODE_MODULES}/${name}/`));
}

function* walk(directory: string, prefix = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(directory, prefix))) {
    const path = prefix + name;
    if (isDirectory) yield* walk(directory, `${path}/`);
    else yield path;
  }
}

Deno.test("deno task compile makes a binary of the chat", async (t) => {
  await using dir = await TempDir.make();
  const binary = await compiled(MAIN_BINARY, dir.path);
  await t.step("with every module and package that it loads", async () => {
    assertEquals(await missing(binary, LOADED.main), []);
    assertEquals(strangers(binary), []);
    assertEquals([binary.entry, binary.cachesCode], [MAIN_BINARY.entry, false]);
    assertEquals(hasPackage(binary, "bullmq") || hasPackage(binary, "ioredis"), false);
  });
  await t.step("with the rights of the task tasks, which doctor needs", () => {
    const names = denoArgs("tasks").find((arg) => arg.startsWith("--allow-env="))?.slice(12);
    const { allow_env, allow_sys, allow_run, allow_ffi, prompt } = binary.permissions;
    assertEquals({ allow_env, allow_sys, allow_run, allow_ffi, prompt }, {
      allow_env: names?.split(",") ?? [],
      allow_sys: ["statfs"],
      allow_run: null,
      allow_ffi: null,
      prompt: false,
    });
  });
});

Deno.test("deno task compile --redis makes a binary that has what QUEUE_URL needs", async () => {
  await using dir = await TempDir.make();
  const binary = await compiled(withRedis(MAIN_BINARY), dir.path);
  assert(hasPackage(binary, "ioredis"));
  assertEquals(await missing(binary, [...LOADED.main, REDIS_ENGINE, REDIS_MOVE]), []);
});

Deno.test("deno task compile makes a binary of the service", async (t) => {
  await using dir = await TempDir.make();
  const binary = await compiled(SERVICE_BINARY, dir.path);
  await t.step("with every module and package that it and its tools load", async () => {
    assertEquals(await missing(binary, LOADED.background_service), []);
    assertEquals(strangers(binary), []);
    assertEquals([binary.entry, binary.cachesCode], [SERVICE_BINARY.entry, false]);
  });
  await t.step("with every right, of which each tool's worker keeps its own", () => {
    for (const kind of ["read", "write", "net", "env", "run", "sys", "ffi"]) {
      assertEquals(binary.permissions[`allow_${kind}`], [], kind);
    }
    assertEquals(binary.permissions.prompt, false);
    assertEquals(binary.features.includes("worker-options"), true);
  });
  await t.step("whose files alone run its tools in processes of their own", async () => {
    const files = join(dir.path, "files");
    await extract(binary, files);
    await Deno.writeTextFile(join(files, "probe.ts"), PROBE);
    await Deno.mkdir(join(dir.path, "data"));
    const run = ["run", "--cached-only", ...SERVICE_BINARY.flags];
    const { stdout, stderr } = await new Deno.Command("deno", {
      args: [...run, "probe.ts", join(dir.path, "data"), ...run, join(files, SERVICE_BINARY.entry)],
      cwd: files,
    }).output();
    const said = new TextDecoder().decode(stdout);
    assertEquals(JSON.parse(said || "null"), {
      left_out: [],
      tools: LOADED.background_service.flatMap((path) => path.match(/^tools\/(.*)\.ts$/)?.[1] ?? [])
        .sort(),
      answer: { ok: true, output: "391" },
    }, new TextDecoder().decode(stderr));
  });
});

Deno.test("what sources name by its URL is among what is looked for in the binary", () => {
  const named = readSources(PROJECT, ["lib", "background_service.ts", "main.ts"])
    .flatMap(({ path, code }) =>
      [...code.matchAll(/new URL\(\s*"([^"]+)",\s*import\.meta\.url/g)]
        .map(([, target]) => join(dirname(path), target ?? ""))
    );
  // By deno.json only `deno` itself goes, which a binary has no use for.
  assertEquals(
    new Set(named).difference(new Set(LOADED.background_service)),
    new Set(["deno.json", REDIS_ENGINE, REDIS_MOVE]),
  );
});

Deno.test("a binary that lacks what is loaded at run time only is seen to", async () => {
  await using dir = await TempDir.make();
  const binary = await compiled({ ...SERVICE_BINARY, includes: [] }, dir.path);
  const lacking = await missing(binary, LOADED.background_service);
  const files = ["lib/sandbox/tool_host.ts", "tools/calculate.ts", "tools/read_file.ts"];
  assertEquals(files.filter((path) => !lacking.includes(path)), []);
  assert(lacking.some((path) => path.startsWith(`${NODE_MODULES}/decimal.js/`)));
});

Deno.test("deno task compile says in a sentence that its runtime cannot be downloaded", async () => {
  await using dir = await TempDir.make();
  await denoDirWithoutRuntime(dir.path);
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: denoArgs("compile"),
    cwd: PROJECT,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      DENO_DIR: dir.path,
      HTTPS_PROXY: "http://127.0.0.1:1",
    },
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [1, ""]);
  assertEquals(
    new TextDecoder().decode(stderr),
    "Cannot compile main: deno compile downloads its runtime from dl.deno.land on first use, and " +
      "that cannot be reached from here; connect, or set DENORT_BIN to a denort binary.\n",
  );
});

const FAILURES = {
  "a DENORT_BIN that is not there": [
    `error: Writing deno compile executable to temporary file '/x/main.tmp-25319ff941d44183'

Caused by:
    0: Could not find denort at '/nope'
    1: No such file or directory (os error 2)
`,
    'Cannot compile main: DENORT_BIN is "/nope", expected the path of a denort binary; unset it to ' +
    "have Deno download its own.",
  ],
  "a DENORT_BIN that is no program": [
    `error: Writing deno compile executable to temporary file '/x/main.tmp-25319ff941d44183'

Caused by:
    0: Writing binary bytes
    1: Invalid object: Not an ELF file

Stack backtrace:
   0: <unknown>
`,
    "Cannot compile main: Writing deno compile executable to temporary file " +
    "'/x/main.tmp-25319ff941d44183': Invalid object: Not an ELF file.",
  ],
  "an error without a cause": [
    "Check main.ts\nerror: Type checking failed.\n",
    "Cannot compile main: Type checking failed.",
  ],
  "no words": ["", "Cannot compile main: deno compile failed."],
} as const;

for (const [what, [stderr, sentence]] of Object.entries(FAILURES)) {
  Deno.test(`explainFailure() makes one sentence of ${what}`, () => {
    assertEquals(explainFailure("main", stderr), sentence);
  });
}

/** Everything that Deno keeps but the runtimes for binaries. */
async function denoDirWithoutRuntime(directory: string): Promise<void> {
  const { stdout } = await new Deno.Command("deno", { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  for (const { name } of Deno.readDirSync(denoDir)) {
    if (name !== "dl") await Deno.symlink(join(denoDir, name), join(directory, name));
  }
}

// Nothing of the developer's may get in.
function strangers(binary: Binary): string[] {
  return [...binary.files.keys()].filter((path) =>
    !path.startsWith(NODE_MODULES) &&
    !/^(main|background_service)\.ts$|^(lib|tools)\/.*\.ts$|^deno\.json$/.test(path)
  );
}
