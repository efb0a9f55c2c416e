/** Wrong use and wrong settings: one clear sentence, the right exit code, and nothing written. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { type ProgramName, runProgram } from "../support/program.ts";
import { end, Scene } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

interface Case {
  readonly program: ProgramName;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** The whole of standard error, without "error: " and the line's end. */
  readonly says: string;
  readonly code: number;
}

const ID = "1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first";

const USE: readonly Case[] = [
  {
    program: "background",
    args: ["--bogus"],
    says: 'Unknown flag "--bogus"; did you mean --dir? See --help',
    code: 2,
  },
  {
    program: "background",
    args: ["now"],
    says: 'Unexpected argument "now"; see --help',
    code: 2,
  },
  {
    program: "background",
    args: ["--grace", "soon"],
    says: '--grace: expected seconds, over 0 and at most 2000000, got "soon"',
    code: 2,
  },
  {
    program: "main",
    args: ["--mesage", "hi"],
    says: 'Unknown flag "--mesage"; did you mean --message? See --help',
    code: 2,
  },
  {
    program: "main",
    args: ["--conversation", "../x", "--message", "hi"],
    says: `--conversation: expected ${ID}, got "../x"`,
    code: 2,
  },
  {
    program: "main",
    args: ["--json"],
    says: "There is no message: give --message TEXT, or text on standard input",
    code: 2,
  },
  {
    program: "main",
    args: ["--message", "hi", "--wait=soon"],
    says: '--wait: expected seconds, over 0 and at most 2000000, got "soon"',
    code: 2,
  },
  {
    program: "tasks",
    args: ["show", "--limit", "3"],
    says: 'Unknown flag "--limit"; did you mean --dir? See --help',
    code: 2,
  },
  {
    program: "tasks",
    args: ["show"],
    says: "Give a task's id: tasks show ID",
    code: 2,
  },
  {
    program: "tasks",
    args: ["add"],
    says: "Cannot add the task: --prompt is missing, expected a text of 1 to 100,000 characters; " +
      "see tasks add --help",
    code: 2,
  },
  {
    program: "tasks",
    args: ["add", "--prompt", "x", "--priority", "1000"],
    says: "Cannot add the task: --priority: expected a whole number from -100 to 100, got 1000; " +
      "see tasks add --help",
    code: 2,
  },
  {
    program: "tasks",
    args: ["add", "--prompt", "x", "--run-at", "tomorrow"],
    says: "Cannot add the task: --run-at: expected an RFC 3339 time such as " +
      '"2026-01-31T09:00:00.000Z", got "tomorrow"; see tasks add --help',
    code: 2,
  },
  {
    program: "tasks",
    args: ["add", "--prompt", "x", "--metadata", "{"],
    says: '--metadata: expected a JSON object, got "{"',
    code: 2,
  },
  {
    program: "tasks",
    args: ["add", "--prompt", "x", "--id", "a/b"],
    says: `Cannot add the task: --id: expected the file's name without .json (${ID}), got "a/b"; ` +
      "see tasks add --help",
    code: 2,
  },
  {
    program: "tasks",
    args: ["list", "--state", "open"],
    says: '--state: expected pending, running, completed, failed, got "open"',
    code: 2,
  },
  {
    program: "tasks",
    args: ["list", "--conversation", "a/b"],
    says: `--conversation: expected ${ID}, got "a/b"`,
    code: 2,
  },
  {
    program: "background",
    args: ["--concurrency", "0"],
    says: '--concurrency: expected a whole number from 1 to 1000, got "0"',
    code: 2,
  },
  {
    program: "background",
    args: ["--log-level", "x"],
    says: '--log-level: expected "trace", "debug", "info", "warning", "error" or "fatal", got "x"',
    code: 2,
  },
];

const SETTINGS: readonly Case[] = [
  {
    program: "background",
    args: [],
    env: { TASK_CONCURRENCY: "many" },
    says: 'TASK_CONCURRENCY: expected a whole number from 1 to 1000, got "many"',
    code: 3,
  },
  {
    program: "background",
    args: [],
    env: { OPENAI_BASE_URL: "localhost" },
    says: "OPENAI_BASE_URL: expected an http or https URL such as " +
      '"http://localhost:11434/v1", got "localhost"',
    code: 3,
  },
  {
    program: "main",
    args: ["--message", "hi"],
    env: { OPENAI_API_KEY: "two words" },
    says: "OPENAI_API_KEY: expected a key of visible ASCII characters without spaces, got " +
      "something else",
    code: 3,
  },
  {
    program: "main",
    args: ["--message", "hi"],
    env: { DURABILITY: "maybe" },
    says: 'DURABILITY: expected "full" or "relaxed", got "maybe"',
    code: 3,
  },
  {
    program: "background",
    args: [],
    env: { LOG_LEVEL: "loud" },
    says: 'LOG_LEVEL: expected "trace", "debug", "info", "warning", "error" or "fatal", got "loud"',
    code: 3,
  },
];

for (const [what, cases] of [["use", USE], ["settings", SETTINGS]] as const) {
  Deno.test(`wrong ${what} is one sentence with the way out, an exit code, and nothing written`, async () => {
    await using scene = await Scene.open({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
    for (const { program, args, env, says, code } of cases) {
      const ended = await end(scene.start(program, args, env === undefined ? {} : { env }));
      assertEquals(ended.stderr, `error: ${says}\n`);
      assertEquals([ended.code, ended.stdout], [code, ""], says);
      assert(!scene.has(""), `${program} ${args.join(" ")} made the directory`);
    }
  });
}

Deno.test("an unknown command or task is refused by name", async () => {
  await using scene = await Scene.open();
  const unknown = await scene.tasks(["frobnicate"]);
  assertEquals(unknown.code, 2);
  assertMatch(
    unknown.stderr,
    /^error: Unknown command "tasks frobnicate"; did you mean \w+\? There are list, show, .*\n$/,
  );
  for (const id of ["nobody", "../../etc/passwd"]) {
    for (const command of ["show", "cancel", "retry", "wait"]) {
      const { code, stdout, stderr } = await scene.tasks([command, id]);
      assertEquals([code, stdout, stderr], [
        1,
        "",
        `error: There is no task "${id}"; see tasks list\n`,
      ]);
    }
  }
});

Deno.test("a tools.json that cannot be used ends the service with its path and key", async () => {
  await using scene = await Scene.open({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
  const file = join(scene.root, "wrong.json");
  const cases = [
    ["{", `Cannot read the tools file "${file}": it is no JSON (`],
    ["[]", `Cannot use the tools file "${file}": expected an object of tools by name, got `],
    [
      '{"get_weather": {"enabled": "yes"}}',
      `Cannot use the tools file "${file}": "get_weather.enabled" is "yes", expected true or false.`,
    ],
    [
      '{"get_weather": {"alow": {}}}',
      `Cannot use the tools file "${file}": "get_weather.alow" is not known, expected enabled, ` +
      "settings, allow.",
    ],
  ];
  for (const [text, says] of cases) {
    await Deno.writeTextFile(file, text!);
    const options = { env: { TOOLS_FILE: file } };
    const { code, stderr } = await end(scene.start("background", [], options));
    assertEquals(code, 3);
    assert(stderr.startsWith(`error: ${says}`), stderr);
    assertEquals(stderr.split("\n").length, 2, stderr);
  }
  assertEquals(scene.names("services"), []);
});

Deno.test("a directory that cannot be used ends both programs with its name and the way out", async () => {
  await using scene = await Scene.open({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
  await Deno.writeTextFile(scene.directory, "I am a file");
  const says = `error: cannot use "${scene.directory}": "${scene.directory}" is no directory but ` +
    "a file or a link; move it away, or name another directory with --dir or PERSISTENT_DIR\n";
  for (const [program, args] of [["background", []], ["main", ["--message", "hi"]]] as const) {
    const { code, stderr, stdout } = await end(scene.start(program, args));
    assertEquals([code, stderr, stdout], [3, says, ""]);
  }
  assertEquals(await Deno.readTextFile(scene.directory), "I am a file");
  const below = await runProgram("tasks", ["list", "--dir", join(scene.directory, "tasks")]);
  assertEquals([below.code, below.stderr], [
    3,
    `error: cannot use "${scene.directory}/tasks" for tasks: Not a directory; make it writable, ` +
    "or name another directory with --dir or PERSISTENT_DIR\n",
  ]);
});

Deno.test({
  name: "a directory that may not be written to is named, whoever opens it",
  // Root may write everywhere.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: async () => {
    await using scene = await Scene.open({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
    await Deno.mkdir(scene.directory, { mode: 0o500 });
    const { code, stderr } = await end(scene.start("background", []));
    assertEquals(code, 3);
    assertEquals(
      stderr,
      `error: cannot use "${scene.directory}" for tasks: Permission denied; make it writable, or ` +
        "name another directory with --dir or PERSISTENT_DIR\n",
    );
  },
});

Deno.test("a second main on one conversation is refused, and the first one named", async () => {
  const gate = new Gate();
  await using model = await startModelServer(() => ({ gate, text: "done" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  const turn = ["--conversation", "c1", "--message", "hi"];
  const first = scene.start("main", turn);
  await soon("the first one's question", gate.reached);
  const second = await scene.main(turn);
  assertEquals([second.code, second.stdout], [1, ""]);
  assertEquals(
    second.stderr,
    `error: Conversation "c1" is open in process ${first.pid}; close that chat first, or start ` +
      "without --conversation for a new one\n",
  );
  const other = scene.start("main", ["--conversation", "c2", "--message", "hi"]);
  await soon("a question in another conversation", model.request(2));
  gate.release();
  assertEquals([(await end(first)).code, (await end(other)).code], [0, 0]);
  assertEquals(model.requests.length, 2);
});

Deno.test("main tells a wrong key and an unknown model from a server that is ill, by its exit code", async () => {
  await using model = await startModelServer((request) => {
    const status = Number(promptOf(request));
    return { status, body: { error: { message: "The model has a word to say" } } };
  });
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    OPENAI_API_KEY: "sk-e2e-0123456789abcdef",
  });
  for (const [status, code] of [["401", 3], ["404", 3], ["400", 1]] as const) {
    const turn = await scene.main(["--message", status]);
    assertEquals([turn.code, turn.stdout], [code, ""]);
    const line = turn.stderr.split("\n").at(-2) ?? "";
    assertMatch(line, /^error: Asking model "gpt-5\.4-mini" at 127\.0\.0\.1:\d+ failed: /);
    assert(line.includes(`(${status}: "The model has a word to say")`), line);
  }
});

Deno.test("after a run full of failures the API key is in no file and in no output", async () => {
  const key = "e2e-0123456789abcdef-not-a-real-key";
  const echo = (status: number) => ({
    status,
    body: { error: { message: `You sent Bearer ${key}, that is ${encodeURIComponent(key)}` } },
  });
  await using model = await startModelServer((request) => {
    const prompt = promptOf(request);
    if (prompt === "html") return { body: `<html>${key}</html>`, content_type: "text/html" };
    if (prompt === "reset") return { reset: "before" };
    return echo(Number(prompt));
  });
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    OPENAI_API_KEY: key,
    LOG_LEVEL: "trace",
  });
  const service = await scene.service();
  for (const prompt of ["401", "404", "400", "500", "html", "reset"]) {
    scene.submit(`t-${prompt}`, { prompt, max_attempts: 1 });
    await scene.failed(`t-${prompt}`);
  }
  const turns = await Promise.all(
    ["401", "400"].map((message) => scene.main(["--message", message])),
  );
  const doctor = await scene.tasks(["doctor", "--json"]);
  service.kill("SIGTERM");
  const ended = await end(service);
  assertEquals(
    model.requests.every(({ headers }) => headers.authorization === `Bearer ${key}`),
    true,
  );
  const outputs = [...turns, doctor, ended].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  assert(outputs.join("").includes("***"), "the server's words were not quoted at all");
  assert(!outputs.join("").includes(key), "the key was printed");
  assertEquals(await filesWith(scene.root, key), []);
});

async function filesWith(directory: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) found.push(...await filesWith(path, text));
    else if ((await Deno.readTextFile(path)).includes(text)) found.push(path);
  }
  return found;
}
