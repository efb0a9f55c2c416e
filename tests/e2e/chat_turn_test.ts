import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import type { Ending } from "../../lib/task/transitions.ts";
import { soon } from "../support/eventually.ts";
import { type Reply, type Script, startModelServer } from "../support/model_server.ts";
import { denoArgs, PROJECT, runProgram, startProgram } from "../support/program.ts";

const USAGE = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const SCHEDULE: Reply = {
  tool_calls: [{
    name: "schedule_background_task",
    arguments: { title: "Oslo", prompt: "Weather?" },
  }],
};

interface Setting {
  readonly dir: string;
  readonly storage: Storage;
  readonly env: Record<string, string>;
  readonly server: Awaited<ReturnType<typeof startModelServer>>;
  readonly main: (args: string[], stdin?: string) => ReturnType<typeof runProgram>;
}

async function setting(script: Script, test: (setting: Setting) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  await using server = await startModelServer(script);
  const owner = { service_id: "test", pid: Deno.pid, host: "localhost" };
  const storage = await openStorage({ persistent_dir: dir, durability: "relaxed" }, owner);
  const env = { PERSISTENT_DIR: dir, OPENAI_BASE_URL: server.base_url };
  const main: Setting["main"] = (args, stdin) =>
    runProgram("main", args, { env, ...(stdin === undefined ? {} : { stdin }) });
  try {
    await test({ dir, storage, env, server, main });
  } finally {
    storage.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** Claims the next task and ends it, as a service would. */
async function serve({ queue }: Storage, ending: Ending): Promise<void> {
  const task = await queue.claim(AbortSignal.timeout(20_000));
  await task!.start();
  await task!.finish(ending);
}

Deno.test("--message prints the reply on standard output and hints on standard error", async () => {
  await setting([{ text: "Hello\x1b[31m there" }], async ({ main }) => {
    const { code, stdout, stderr } = await main(["--message", "hi"]);
    assertEquals([code, stdout], [0, "Hello there\n"]);
    assertStringIncludes(stderr, "No background service is running");
  });
});

Deno.test("text on standard input is one turn, and --continue goes on with the conversation", async () => {
  await setting([{ text: "one" }, { text: "two" }], async ({ main, server }) => {
    const first = await main(["--json"], "first\n");
    const { conversation_id, ...report } = JSON.parse(first.stdout);
    assertEquals(report, { reply: "one", tasks: [], notifications: [] });
    const second = await main(["chat", "--continue", "--json", "--message", "-"], "second");
    assertEquals(JSON.parse(second.stdout).conversation_id, conversation_id);
    const { messages } = (await server.request(2)).body;
    assertEquals(messages.slice(1).map(({ content }) => content), ["first", "one", "second"]);
  });
});

Deno.test("--wait stays until the scheduled task has ended and shows its notification", async () => {
  await setting([SCHEDULE, { text: "Started." }], async ({ main, storage }) => {
    const running = main(["--conversation", "c1", "--message", "go", "--wait", "--json"]);
    await serve(storage, { kind: "completed", result: "12 degrees", artifacts: [], usage: USAGE });
    const { code, stdout } = await running;
    const { reply, tasks, notifications } = JSON.parse(stdout);
    assertEquals([code, reply], [0, "Started."]);
    assertEquals(tasks.map((t: { title: string; state: string }) => [t.title, t.state]), [
      ["Oslo", "completed"],
    ]);
    assertEquals(
      notifications.map((n: { message: string; task_id: string }) => [n.message, n.task_id]),
      [
        ["12 degrees", tasks[0].id],
      ],
    );
    assertEquals(await storage.notifications.unread("c1"), []);
  });
});

Deno.test("--wait ends with 4 for a failed task, 5 for a cancelled one, 124 when it takes too long", async () => {
  const script: Script = ({ body }) =>
    body.messages.at(-1)?.role === "tool" ? { text: "ok" } : SCHEDULE;
  await setting(script, async ({ main, storage }) => {
    const failing = main(["--message", "go", "--wait"]);
    await serve(storage, { kind: "failed", error: { code: "timeout", message: "too slow" } });
    const failed = await failing;
    assertEquals(failed.code, 4);
    assertStringIncludes(failed.stdout, "ok\n✗ Oslo");
    const cancelling = main(["--message", "go", "--wait"]);
    await serve(storage, { kind: "failed", error: { code: "cancelled", message: "stop" } });
    assertEquals((await cancelling).code, 5);
    const late = await main(["--message", "go", "--wait=0.1"]);
    assertEquals(late.code, 124);
  });
});

Deno.test("a notification from before is shown, told to the model and acknowledged", async () => {
  await setting([{ text: "I see" }], async ({ main, storage, server }) => {
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", title: "Early" });
    await serve(storage, { kind: "completed", result: "done", artifacts: [], usage: USAGE });
    const { stdout } = await main(["--conversation", "c1", "--message", "anything new?"]);
    assertStringIncludes(stdout, "✓ Early");
    assert(stdout.endsWith("  done\nI see\n"), stdout);
    const { messages } = (await server.request(1)).body;
    assertEquals(messages.map(({ role }) => role), ["system", "user", "assistant", "tool"]);
    assertEquals(await storage.notifications.unread("c1"), []);
  });
});

Deno.test("a wrong key and an unknown model are exit 3, other failures 1, each in one line", async () => {
  const error = (message: string) => ({ error: { message } });
  const script: Script = [
    { status: 401, body: error("Incorrect API key") },
    { status: 404, body: error("The model does not exist") },
    { status: 400, body: error("nonsense") },
  ];
  await setting(script, async ({ main }) => {
    for (const expected of [3, 3, 1]) {
      const { code, stdout, stderr } = await main(["--message", "hi"]);
      const lines = stderr.split("\n").filter((line) => line.startsWith("error: "));
      assertEquals([code, stdout, lines.length], [expected, "", 1]);
    }
  });
});

Deno.test("a turn that schedules and then fails or is stopped says what it scheduled", async () => {
  const refused: Reply = { status: 400, body: { error: { message: "nonsense" } } };
  const script: Script = ({ body }) => body.messages.at(-1)?.role === "tool" ? refused : SCHEDULE;
  await setting(script, async ({ main, storage }) => {
    const json = await main(["--message", "go", "--json", "--wait"]);
    const report = JSON.parse(json.stdout);
    const [task] = await storage.queue.list({ limit: 10 });
    assertEquals([json.code, report.reply, report.tasks], [
      1,
      "",
      [{ id: task!.record.id, title: "Oslo", state: "pending" }],
    ]);
    const text = await main(["--message", "go"]);
    const [newest] = await storage.queue.list({ limit: 1 });
    assertEquals([text.code, text.stdout], [1, ""]);
    assertStringIncludes(text.stderr, `scheduled all the same: Oslo (${newest!.record.id})\n`);
  });
});

Deno.test("a turn that is stopped prints what had come by then", async () => {
  await setting([SCHEDULE, { text: "half an answer", hang: "middle" }], async ({ server, env }) => {
    const program = startProgram("main", ["--message", "go", "--json"], { env });
    await server.request(2);
    program.kill("SIGINT");
    const { code, stdout } = await program.ended;
    assertEquals([code, JSON.parse(stdout).tasks.length], [130, 1]);
  });
});

Deno.test("without a network the message is kept and the exit code is 1", async () => {
  await setting([], async ({ main, server, dir }) => {
    await server.close();
    const { code, stderr } = await main(["--conversation", "c1", "--message", "are you there"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "error: ");
    const log = await Deno.readTextFile(join(dir, "conversations", "c1.jsonl"));
    assertStringIncludes(log, "are you there");
  });
});

Deno.test("a second main on one conversation is refused and names the first", async () => {
  await setting([{ hang: "before" }], async ({ main, server, env }) => {
    const first = startProgram("main", ["--conversation", "c1", "--message", "hi"], { env });
    await server.request(1);
    const second = await main(["--conversation", "c1", "--message", "me too"]);
    assertEquals([second.code, second.stdout], [1, ""]);
    assertStringIncludes(second.stderr, `Conversation "c1" is open in process ${first.pid};`);
    first.kill("SIGINT");
    assertEquals((await first.ended).code, 130);
  });
});

Deno.test("wrong use is exit 2 and wrong configuration exit 3, in one line without a trace", async () => {
  const cases: [args: string[], env: Record<string, string>, code: number, said: string][] = [
    [
      ["--mesage", "x"],
      {},
      2,
      'error: Unknown flag "--mesage"; did you mean --message? See --help\n',
    ],
    [
      ["--message", " "],
      {},
      2,
      "error: There is no message: give --message TEXT, or text on standard input\n",
    ],
    [
      ["tasks", "lst"],
      {},
      2,
      'error: Unknown command "tasks lst"; did you mean list? ' +
      "There are list, show, add, cancel, retry, wait, watch, stats, prune, move, doctor, completions\n",
    ],
    [
      ["tasks", "list"],
      { TASK_CONCURRENCY: "x" },
      3,
      'error: TASK_CONCURRENCY: expected a whole number from 1 to 1000, got "x"\n',
    ],
  ];
  for (const [args, env, code, said] of cases) {
    const result = await runProgram("main", args, { env });
    assertEquals([result.code, result.stdout, result.stderr], [code, "", said]);
  }
  const unusable = await runProgram("main", ["tasks", "list", "--dir", "/dev/null/x"], {});
  assertEquals([unusable.code, unusable.stderr.split("\n").length], [3, 2]);
  assertStringIncludes(unusable.stderr, 'error: cannot use "/dev/null/x"');
});

Deno.test("without key and base URL the offline model answers and says what it is", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const args = ["--message", "check the weather in Oslo in the background", "--json"];
    const { code, stdout, stderr } = await runProgram("main", args, {
      env: { PERSISTENT_DIR: dir },
    });
    assertEquals([code, JSON.parse(stdout).tasks.length], [0, 1]);
    assertStringIncludes(stderr, "offline model");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a notification is acknowledged only once --json has printed it", async () => {
  await setting([{ text: "never", hang: "before" }, { text: "ok" }], async (s) => {
    const { storage, server, env, main } = s;
    await storage.notifications.put({
      version: 1,
      id: "t1-completed",
      conversation_id: "c1",
      task_id: "t1",
      event: "completed",
      title: "Oslo",
      message: "Sunny",
      created_at: new Date().toISOString(),
    });
    const unread = async () => (await storage.notifications.unread("c1")).map(({ id }) => id);
    const args = ["--conversation", "c1", "--message", "go", "--json"];
    const killed = startProgram("main", args, { env });
    await server.request(1);
    killed.kill("SIGKILL");
    assertEquals((await killed.ended).stdout, "");
    assertEquals(await unread(), ["t1-completed"]);
    const report = JSON.parse((await main(args)).stdout);
    assertEquals(report.notifications.map(({ id }: { id: string }) => id), ["t1-completed"]);
    assertEquals(await unread(), []);
  });
});

for (
  const args of [
    ["--message", "-"],
    ["--json"],
    ["tasks", "add", "--prompt", "-"],
  ]
) {
  Deno.test(`Ctrl-C while standard input is read ends with 130: ${args.join(" ")}`, async () => {
    await setting([], async ({ env, storage }) => {
      const program = new Deno.Command("deno", {
        args: [...denoArgs("main"), ...args],
        cwd: PROJECT,
        env,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const input = program.stdin.getWriter();
      // More than a pipe holds: when it is written, the program reads.
      await input.write(new Uint8Array(1_000_000).fill("x".charCodeAt(0)));
      program.kill("SIGINT");
      const ended = program.output();
      // Where it does not hear the signal, the end of its input lets it go.
      await soon("its end", ended).finally(() => input.abort().catch(() => {}));
      const { code, signal, stdout, stderr } = await ended;
      assertEquals([code, signal, stdout.length, stderr.length], [130, null, 0, 0]);
      assertEquals(await storage.queue.list({ limit: 1 }), []);
    });
  });
}
