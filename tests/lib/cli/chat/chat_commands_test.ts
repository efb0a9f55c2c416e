import { assertEquals, assertStringIncludes } from "@std/assert";
import { isChatCommand, runChatCommand } from "../../../lib/cli/chat_commands.ts";
import type { Storage } from "../../../lib/open_storage.ts";
import type { Ending } from "../../../lib/task/transitions.ts";
import { CapturedTerminal } from "../../support/captured_terminal.ts";
import { withStorage } from "../../support/temp_storage.ts";

const FAILED: Ending = { kind: "failed", error: { code: "timeout", message: "too slow" } };

async function run(storage: Storage, line: string): Promise<[after: string, said: string]> {
  const terminal = new CapturedTerminal();
  const after = await runChatCommand(line, {
    storage,
    conversation_id: "c1",
    shown: await storage.notifications.unread("c1"),
    terminal,
    now: Date.now,
    signal: new AbortController().signal,
  });
  return [after, terminal.stdout];
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
      "It cannot be retried: its file was no valid task; correct failed/bad.original " +
        "and hand it in under a new id.\n",
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
    } as unknown as Storage["queue"];
    const said = async (line: string) => (await run({ ...storage, queue: onlyById }, line))[1];
    assertStringIncludes(await said("/task t1"), "prompt of t1");
    assertStringIncludes(await said("/cancel t1"), "Cancelled");
    assertStringIncludes(await said("/task foreign"), "has no task");
  });
});

Deno.test("a task is found by its end where that is unique, and never in another conversation", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    const add = (id: string, conversation_id: string) =>
      queue.enqueue({ conversation_id, prompt: `prompt of ${id}`, id });
    await add("first-SAME", "c1");
    await add("second-SAME", "c1");
    await add("third-OTHER", "c2");
    const said = async (line: string) => (await run(storage, line))[1];
    assertStringIncludes(await said("/task st-same"), "prompt of first-SAME");
    assertEquals(
      await said("/task SAME"),
      'Several tasks end in "SAME"; give the whole id, see /tasks\n',
    );
    const unknown = 'This conversation has no task "third-OTHER"; see /tasks\n';
    assertEquals(await said("/cancel third-OTHER"), unknown);
    assertEquals((await queue.get("third-OTHER"))?.state, "pending");
    assertEquals(await said("/task"), "Give the task's id; see /tasks\n");
  });
});
