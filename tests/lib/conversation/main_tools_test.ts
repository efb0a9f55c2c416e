import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MainTools, type ScheduledTask } from "../../../lib/conversation/main_tools.ts";
import type { Storage } from "../../../lib/open_storage.ts";
import { withStorage } from "../../support/temp_storage.ts";
import { completed, endedTask } from "./ended_task.ts";

const NOW = Date.parse("2030-01-01T00:00:00.000Z");
const signal = new AbortController().signal;
const TIMEOUT = { code: "timeout", message: "It took too long.\nRetry it." } as const;

function toolsOf(storage: Storage, conversation_id = "c1") {
  const scheduled: ScheduledTask[] = [];
  const onScheduled = (task: ScheduledTask) => void scheduled.push(task);
  const tools = new MainTools({ ...storage, conversation_id, now: () => NOW, onScheduled });
  const call = async (name: string, args: unknown) =>
    JSON.parse(await tools.call(name, JSON.stringify(args), signal));
  return { tools, call, scheduled };
}

Deno.test("schedule_background_task hands in a task of this conversation and gives its id", async () => {
  await withStorage(async (storage) => {
    const { call, scheduled } = toolsOf(storage);
    const answer = await call("schedule_background_task", {
      title: "Weather",
      prompt: "Look at the weather",
      delay_seconds: 90,
      priority: 5,
      tools: ["get_weather"],
      run_at: null,
    });
    assertEquals([answer.title, answer.state], ["Weather", "pending"]);
    assertEquals(scheduled, [{ id: answer.id, title: "Weather", state: "pending" }]);
    const { record } = (await storage.queue.get(answer.id))!;
    assertEquals([
      record.conversation_id,
      record.prompt,
      record.run_at,
      record.priority,
      record.tools,
    ], [
      "c1",
      "Look at the weather",
      "2030-01-01T00:01:30.000Z",
      5,
      ["get_weather"],
    ]);
  });
});

Deno.test("a wrong call is answered with what is wrong, and nothing happens", async () => {
  await withStorage(async (storage) => {
    const { tools, call, scheduled } = toolsOf(storage);
    const wrong = { title: "T", prompt: "p", run_at: "2031-01-01T00:00:00Z", delay_seconds: 1 };
    assertStringIncludes((await call("schedule_background_task", wrong)).error, "not both");
    assertStringIncludes(
      (await call("schedule_background_task", { title: "T" })).error,
      '"prompt"',
    );
    assertStringIncludes((await call("nonsense", {})).error, 'no tool "nonsense"');
    assertStringIncludes((await call("constructor", {})).error, 'no tool "constructor"');
    const torn = JSON.parse(await tools.call("list_background_tasks", '{"limit":', signal));
    assertStringIncludes(torn.error, "not JSON");
    assertEquals([scheduled, await storage.queue.list({ limit: 9 })], [[], []]);
  });
});

Deno.test("main's tools reach only the tasks of their conversation", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    const mine = await queue.enqueue({ conversation_id: "c1", prompt: "mine", title: "Mine" });
    const other = await queue.enqueue({ conversation_id: "c2", prompt: "other" });
    const { call } = toolsOf(storage);
    const listed = await call("list_background_tasks", {});
    assertEquals(listed.tasks.map((t: { id: string }) => t.id), [mine.id]);
    assertEquals((await call("get_background_task", { id: mine.id })).prompt, "mine");
    const refusal = { error: `This conversation has no task "${other.id}".` };
    assertEquals(await call("get_background_task", { id: other.id }), refusal);
    assertEquals(await call("cancel_background_task", { id: other.id }), refusal);
    assertEquals((await queue.get(other.id))?.state, "pending");
    assertEquals(await call("cancel_background_task", { id: mine.id }), {
      id: mine.id,
      cancelled: true,
    });
    assertStringIncludes(
      (await call("cancel_background_task", { id: mine.id })).note,
      "ended already",
    );
  });
});

Deno.test("a task that a person sent back has no end in the model's eyes", async () => {
  await withStorage(async (storage) => {
    const { id } = await storage.queue.enqueue({ conversation_id: "c1", prompt: "p" });
    await storage.queue.cancel(id);
    const { call } = toolsOf(storage);
    assert("finished_at" in await call("get_background_task", { id }));
    await storage.queue.retry(id, { fresh: false });
    const { state, ...task } = await call("get_background_task", { id });
    assertEquals([state, "finished_at" in task, "error" in task], ["pending", false, false]);
  });
});

Deno.test("list_background_tasks numbers tasks from the first and sums up how each ended", async () => {
  await withStorage(async (storage) => {
    await endedTask(storage, "c1", "one", completed("# **Sun** in Oslo\n\nand more"));
    await endedTask(storage, "c2", "other", completed("of another conversation"));
    await endedTask(storage, "c1", "two", { kind: "failed", error: TIMEOUT });
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", title: "three" });
    const { call } = toolsOf(storage);
    const { tasks } = await call("list_background_tasks", {});
    type Listed = Record<string, unknown>;
    assertEquals(
      tasks.map((
        { number, title, state, summary, attempts }: Listed,
      ) => [number, title, state, summary, attempts]),
      [
        [3, "three", "pending", undefined, undefined],
        [2, "two", "failed", "It took too long.", 1],
        [1, "one", "completed", "Sun in Oslo", 1],
      ],
    );
    assert(!("result" in tasks[2]) && typeof tasks[2].seconds === "number");
    const failed = await call("list_background_tasks", { states: ["failed"] });
    assertEquals(failed.tasks.map(({ number }: Listed) => number), [2]);
    const newest = await call("list_background_tasks", { limit: 1 });
    assertEquals([newest.tasks.length, newest.older_not_listed], [1, 2]);
  });
});

Deno.test("an id may be shortened to its end, within the conversation", async () => {
  await withStorage(async (storage) => {
    const { queue } = storage;
    await queue.enqueue({ conversation_id: "c1", prompt: "a", id: "one-XYZW" });
    await queue.enqueue({ conversation_id: "c1", prompt: "b", id: "two-ABCD" });
    await queue.enqueue({ conversation_id: "c1", prompt: "c", id: "three-ABCD" });
    await queue.enqueue({ conversation_id: "c2", prompt: "d", id: "four-VWXY" });
    const { call } = toolsOf(storage);
    const get = (id: string) => call("get_background_task", { id });
    assertEquals((await get("xyzw")).id, "one-XYZW");
    for (const id of ["ABCD", "VWXY", "zw", ""]) {
      assertEquals(await get(id), { error: `This conversation has no task "${id}".` });
    }
    assertEquals(await call("cancel_background_task", { id: "XYZW" }), {
      id: "one-XYZW",
      cancelled: true,
    });
  });
});

Deno.test("retry_background_task sends back what failed, begins completed ones anew, and refuses the rest", async () => {
  await withStorage(async (storage) => {
    const failed = await endedTask(storage, "c1", "failed", { kind: "failed", error: TIMEOUT });
    const done = await endedTask(storage, "c1", "done", completed("r"));
    const other = await endedTask(storage, "c2", "other", completed("r"));
    const { call, scheduled } = toolsOf(storage);
    const again = await call("retry_background_task", { id: failed });
    assertEquals([again.state, again.title], ["pending", "failed"]);
    assertStringIncludes(again.note, "It goes on from its last finished step.");
    const anew = await call("retry_background_task", { id: done });
    assertStringIncludes(anew.note, "It begins anew.");
    assertEquals((await storage.queue.get(done))?.record.incarnation, undefined);
    assertEquals(scheduled.map(({ id, state }) => [id, state]), [
      [failed, "pending"],
      [done, "pending"],
    ]);
    const waiting = await call("retry_background_task", { id: done });
    assertStringIncludes(waiting.note, "It has not ended yet");
    assertEquals(await call("retry_background_task", { id: other }), {
      error: `This conversation has no task "${other}".`,
    });
    assertEquals((await storage.queue.get(other))?.state, "completed");
  });
});

Deno.test("the tools are declared as JSON schemas of objects", async () => {
  await withStorage((storage) => {
    const declared = toolsOf(storage).tools.declarations();
    assertEquals(declared.map(({ name }) => name), [
      "schedule_background_task",
      "list_background_tasks",
      "get_background_task",
      "cancel_background_task",
      "retry_background_task",
      "get_notifications",
    ]);
    for (const { parameters } of declared) assert(parameters["type"] === "object");
    assertEquals(declared[0]?.parameters["required"], ["title", "prompt"]);
    return Promise.resolve();
  });
});
