import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ChatCommandContext,
  isChatCommand,
  runChatCommand,
} from "../../../../lib/cli/chat/chat_commands.ts";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { withStorage } from "../../../support/temp_storage.ts";

const FAILED: Ending = { kind: "failed", error: { code: "timeout", message: "too slow" } };

async function run(storage: Storage, line: string): Promise<[after: string, said: string]> {
  const { after, said } = await runWhole(storage, line);
  return [after, said];
}

/** What a command says, line by line in statuses too, and which notifications it makes needless. */
async function runWhole(
  storage: Storage,
  line: string,
  options: Partial<ChatCommandContext> = {},
): Promise<{ after: string; said: string; covered: string[] }> {
  const covered: string[] = [];
  let said = "";
  const after = await runChatCommand(line, {
    storage,
    conversation_id: "c1",
    shown: await storage.notifications.unread("c1"),
    onCovered: (id) => covered.push(id),
    output: { print: (text) => said += text, show: () => {} },
    look: { columns: 200, color: false },
    now: Date.now,
    signal: new AbortController().signal,
    seen_enough: new AbortController().signal,
    ...options,
  });
  return { after, said, covered };
}

Deno.test("isChatCommand() takes a slash and a word, not a path or a fraction", () => {
  const lines = ["/tasks", "/task x", "/Foo", "/etc/passwd", "1/2", "/", "/2", "a /quit"];
  assertEquals(lines.map(isChatCommand), [true, true, true, false, false, false, false, false]);
});

Deno.test("/quit and /new say what comes next, /help names every command", async () => {
  await withStorage(async (storage) => {
    assertEquals(await run(storage, "/quit"), ["quit", ""]);
    assertEquals(await run(storage, "/new"), ["new_conversation", ""]);
    const [, help] = await run(storage, "/help");
    for (const name of ["tasks", "task ID", "cancel ID", "retry ID", "notifications", "quit"]) {
      assertStringIncludes(help, `/${name}`);
    }
  });
});

Deno.test("/retry and /notifications: a failed task is shown again and run again", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    await queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1", title: "Slow one" });
    const task = await queue.claim(AbortSignal.timeout(10_000));
    assertEquals((await run(storage, "/retry t1"))[1], "It cannot be retried: it is running.\n");
    await task!.finish(FAILED);
    assertEquals((await run(storage, "/notifications"))[1], "✗ Slow one (t1)\n  too slow\n");
    assertEquals((await run(storage, "/retry t1"))[1], 'Running "Slow one" (t1) again.\n');
    assertEquals((await queue.get("t1"))?.state, "pending");
  });
});

Deno.test("/retry of a completed or an invalid task says how it goes", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    await queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1" });
    const task = await queue.claim(AbortSignal.timeout(10_000));
    const usage = {
      input_tokens: 0,
      output_tokens: 0,
      model_calls: 0,
      tool_calls: 0,
      estimated: false,
    };
    await task!.finish({ kind: "completed", result: "42", artifacts: [], usage });
    assertEquals(
      (await run(storage, "/retry t1"))[1],
      "It is completed; to run it again from the beginning: tasks retry t1 --fresh\n",
    );
    const bad = '{"conversation_id":"c1"}';
    await Deno.writeTextFile(`${storage.layout.state("pending")}/bad.json`, bad);
    await queue.claim(AbortSignal.timeout(200));
    assertEquals(
      (await run(storage, "/retry bad"))[1],
      "It cannot be retried: what was handed in is no valid task; correct " +
        "failed/bad.original and hand it in under a new id.\n",
    );
  });
});

Deno.test("a task is found by its whole id without reading any other", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    await queue.enqueue({ conversation_id: "c1", prompt: "prompt of t1", id: "t1" });
    await queue.enqueue({ conversation_id: "c2", prompt: "p", id: "foreign" });
    const onlyById = {
      get: (id: string) => queue.get(id),
      cancel: (id: string) => queue.cancel(id),
      list: () => Promise.reject(new Error("the whole directory was read")),
      ids: () => Promise.reject(new Error("the whole directory was read")),
    } as unknown as Storage["queue"];
    const said = async (line: string) => (await run({ ...storage, queue: onlyById }, line))[1];
    assertStringIncludes(await said("/task t1"), "prompt of t1");
    assertStringIncludes(await said("/cancel t1"), "Cancelled");
    assertStringIncludes(await said("/task foreign"), "has no task");
  });
});

Deno.test("a task is found by its beginning or end where that is unique, and never in another conversation", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    const add = (id: string, conversation_id: string) =>
      queue.enqueue({ conversation_id, prompt: `prompt of ${id}`, id });
    await add("first-SAME", "c1");
    await add("second-SAME", "c1");
    await add("third-OTHER", "c2");
    const said = async (line: string) => (await run(storage, line))[1];
    assertStringIncludes(await said("/task st-same"), "prompt of first-SAME");
    assertStringIncludes(await said("/task second"), "prompt of second-SAME");
    assertEquals(
      await said("/task SAME"),
      'Several tasks begin or end with "SAME"; give more of the id, see /tasks\n',
    );
    const unknown = 'This conversation has no task "third-OTHER"; see /tasks\n';
    assertEquals(await said("/cancel third-OTHER"), unknown);
    assertEquals((await queue.get("third-OTHER"))?.state, "pending");
    assertEquals(await said("/task"), "Give the task's id; see /tasks\n");
  });
});

const USAGE = {
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
};

/** A task that this process runs, as a service would. */
async function running(storage: Storage, id: string) {
  await storage.queue.enqueue({ conversation_id: "c1", prompt: "Look", id, title: "Weather" });
  const task = (await storage.queue.claim(AbortSignal.timeout(10_000)))!;
  await task.start();
  const journal = await storage.journals.open(id, task.record.incarnation);
  await journal.append({ type: "attempt_started", run: 1, attempt: 1, service_id: "s" });
  return { task, journal };
}

const CALL = {
  type: "tool_started",
  step: 1,
  call_id: "call_1",
  name: "get_weather",
  arguments: '{"place":"Oslo"}',
  effects: "none",
} as const;

Deno.test("/tasks says of each task where it stands: what a run does, since when, what came of it", async () => {
  await withStorage(async (storage) => {
    const { task, journal } = await running(storage, "first");
    await journal.append(CALL);
    await storage.queue.enqueue({
      conversation_id: "c1",
      prompt: "p",
      id: "later",
      title: "Later",
      run_at: new Date(Date.now() + 3_600_000 + 30_000).toISOString(),
    });
    const [, open] = await run(storage, "/tasks");
    const lines = open.replace(/\d+(\.\d)?s/g, "0s").replace("just now", "0s ago").split("\n");
    assertEquals(lines, [
      "● Weather (first)",
      "  running 0s · get_weather (0s)",
      "○ Later (later)",
      "  pending, due in 1h0m · made 0s ago",
      "",
    ]);
    journal.close();
    await task.finish({ kind: "completed", result: "# Sunny\n12°", artifacts: [], usage: USAGE });
    const [, ended] = await run(storage, "/tasks");
    assertStringIncludes(ended, "✓ Weather (first)\n  completed after ");
    assertStringIncludes(ended, ": Sunny\n");
  });
});

Deno.test("/task follows a running task step by step to its end, and what it shows is not notified", async () => {
  await withStorage(async (storage) => {
    const { task, journal } = await running(storage, "first");
    const said = new Said();
    const following = runWhole(storage, "/task first", { output: said });
    await said.has("attempt 1");
    await said.showing("step 1, thinking");
    await journal.append(CALL);
    await said.has('get_weather started: {"place":"Oslo"}');
    await said.showing("get_weather");
    await journal.append({ ...CALL, type: "tool_finished", output: "12\n°C", duration_ms: 700 });
    await said.has("get_weather finished (0.7s): 12 °C");
    journal.close();
    await task.finish({ kind: "completed", result: "It is **12**", artifacts: [], usage: USAGE });
    const { covered } = await following;
    assertStringIncludes(said.text, "✓ Weather (first)\n\nIt is 12\n");
    assertEquals([covered, said.status], [["first-completed"], undefined]);
    assertEquals(said.text.split("attempt 1").length, 2);
  });
});

Deno.test("following ends when the person has seen enough, and the task goes on", async () => {
  await withStorage(async (storage) => {
    const { task, journal } = await running(storage, "first");
    const enough = new AbortController();
    const said = new Said();
    const following = runWhole(storage, "/task first", {
      output: said,
      seen_enough: enough.signal,
    });
    await said.showing("Esc leaves it");
    enough.abort();
    assertEquals((await following).covered, []);
    assertEquals([said.status, (await storage.queue.get("first"))?.state], [undefined, "running"]);
    journal.close();
    await task.finish(FAILED);
  });
});

/** What a command says, and those who wait for it. */
class Said {
  text = "";
  #status: (() => string | undefined) | undefined;
  readonly #said = new EventTarget();

  print(text: string): void {
    this.text += text;
    this.#said.dispatchEvent(new Event("said"));
  }

  show(_lines?: unknown, status?: () => string | undefined): void {
    this.#status = status;
    this.#said.dispatchEvent(new Event("said"));
  }

  get status(): string | undefined {
    return this.#status?.();
  }

  has(text: string): Promise<void> {
    return this.#until(() => this.text.includes(text));
  }

  showing(text: string): Promise<void> {
    return this.#until(() => this.status?.includes(text) ?? false);
  }

  #until(holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!holds()) return;
      this.#said.removeEventListener("said", check);
      resolve();
    };
    this.#said.addEventListener("said", check);
    check();
    return promise;
  }
}
