/** What every engine owes those who look: list(), each(), watch(). */
import { assert, assertEquals } from "@std/assert";
import type { Task, TaskFilter, TaskQueue } from "../../../lib/queue/task_queue.ts";
import {
  claimNext,
  type DeclareTest,
  DONE,
  ERROR,
  FAILED,
  request,
  runTo,
} from "./contract_fixture.ts";

const at = (day: number) => Date.UTC(2026, 0, day);

/** Ids that a filter lets through, newest first. */
async function idsOf(queue: TaskQueue, filter: TaskFilter): Promise<string[]> {
  const tasks: Task[] = [];
  for await (const task of queue.each(filter)) tasks.push(task);
  const listed = await queue.list({ ...filter, limit: 1_000 });
  assertEquals(listed, tasks, "list() and each() differ");
  return tasks.map(({ record }) => record.id);
}

export function testLists(test: DeclareTest): void {
  test("each() gives every task once, newest first, whatever its id looks like", async ({ queue, other }) => {
    const ids = [];
    for (let i = 0; i < 30; i++) {
      const id = i % 3 === 0 ? { id: `named-${i}` } : {};
      ids.push((await queue.enqueue(request(id))).id);
    }
    for (const ending of [DONE, FAILED]) await runTo(queue, ending);
    const held = await claimNext(queue);
    const seen = await idsOf(other, {});
    assertEquals(seen.length, 30);
    assertEquals(new Set(seen), new Set(ids));
    const ulids = ids.filter((id) => !id.startsWith("named"));
    assertEquals(seen.filter((id) => !id.startsWith("named")), ulids.toReversed());
    held.abandon();
  });

  test("ids() gives every id of some states once, and reads no record", async ({ queue, other }) => {
    for (const id of ["a", "b", "c"]) await queue.enqueue(request({ id }));
    await runTo(queue, DONE);
    const held = await claimNext(queue);
    assertEquals((await other.ids()).sort(), ["a", "b", "c"]);
    assertEquals(await other.ids(["completed", "failed"]), ["a"]);
    assertEquals((await other.ids(["pending", "running"])).sort(), ["b", "c"]);
    held.abandon();
  });

  test("each() can be left early and begun again", async ({ queue }) => {
    for (let i = 0; i < 5; i++) await queue.enqueue(request());
    for await (const _ of queue.each({})) break;
    assertEquals((await idsOf(queue, {})).length, 5);
  });

  test("each() knows states, a staged ending's too", async ({ queue, other }) => {
    const [first, second, third] = await Promise.all(
      ["a", "b", "c"].map((title) => queue.enqueue(request({ title }))),
    );
    const done = await claimNext(queue);
    await done.start();
    await done.finish(DONE);
    const held = await claimNext(queue);
    const waits = [first, second, third].map((one) => one?.id)
      .filter((id) => id !== done.record.id && id !== held.record.id);
    assertEquals(await idsOf(other, { states: ["pending"] }), waits);
    assertEquals(await idsOf(other, { states: ["running"] }), [held.record.id]);
    assertEquals(await idsOf(other, { states: ["completed", "failed"] }), [done.record.id]);
    assertEquals(await idsOf(other, { states: [] }), []);
    held.abandon();
  });

  test("each() goes by conversation, wherever its tasks are", async ({ queue }) => {
    // A text that names the other conversation is no task of it.
    await queue.enqueue(request({ id: "a", conversation_id: "c1", prompt: 'say "c2"' }));
    await queue.enqueue(request({ id: "b", conversation_id: "c2" }));
    await queue.enqueue(request({ id: "c", conversation_id: "c22" }));
    const ofC2 = { conversation_id: "c2" };
    assertEquals(await idsOf(queue, ofC2), ["b"]);
    for (let i = 0; i < 3; i++) await runTo(queue, i % 2 ? FAILED : DONE);
    assertEquals(await idsOf(queue, ofC2), ["b"]);
    assertEquals(await idsOf(queue, { conversation_id: "c" }), []);
  });

  test("each() finds what failed with a code, and nothing that was sent back since", async ({ queue }) => {
    for (const id of ["a", "b", "c"]) await queue.enqueue(request({ id, prompt: "x" }));
    await queue.cancel("b");
    await runTo(queue, FAILED);
    const found = (error_codes: string[]) => idsOf(queue, { error_codes });
    assertEquals(await found(["cancelled"]), ["b"]);
    const failed = await found([FAILED.kind === "failed" ? FAILED.error.code : ""]);
    assertEquals(failed.length, 1);
    assertEquals(await found(["timeout"]), []);
    await queue.retry("b", { fresh: false });
    assertEquals(await found(["cancelled"]), []);
  });

  test("each() finds a text in id, title, prompt, result and error, whatever the case", async ({ queue }) => {
    await queue.enqueue(request({ id: "By-Name", prompt: "x", priority: 9 }));
    await queue.enqueue(request({ id: "b", title: "Übersicht", prompt: "x", priority: 8 }));
    await queue.enqueue(request({ id: "c", prompt: 'two\nlines, and a "quote"', priority: 7 }));
    await queue.enqueue(
      request({ id: "d", prompt: "x", metadata: { by: "nowhere" }, priority: 6 }),
    );
    await queue.enqueue(request({ id: "e", prompt: "x", priority: 5 }));
    const found = async (text: string) => (await idsOf(queue, { text })).sort();
    const early = async () => {
      assertEquals(await found("by-NAME"), ["By-Name"]);
      assertEquals(await found("üBER"), ["b"]);
      assertEquals(await found('a "QUOTE"'), ["c"]);
      assertEquals(await found("two\nLINES"), ["c"]);
      assertEquals(await found("nowhere"), []);
      assertEquals(await found("max_attempts"), [], "the names of fields are no text");
    };
    await early();
    for (let i = 0; i < 4; i++) await runTo(queue, FAILED);
    await runTo(queue, { ...DONE, result: "Regen in Tromsø" } as typeof DONE);
    await early();
    assertEquals(await found("TROMSØ"), ["e"]);
    assertEquals(await found(ERROR.message.toUpperCase()), ["By-Name", "b", "c", "d"]);
  });

  test("each() goes by the time at which tasks were made", async ({ queue }) => {
    for (const day of [1, 2, 3]) {
      const created_at = new Date(at(day)).toISOString();
      await queue.enqueue(request({ id: `day-${day}`, created_at }));
      await queue.enqueue(request({ title: `day ${day}`, created_at }));
    }
    await runTo(queue, DONE);
    const days = async (filter: TaskFilter) => {
      const titles = [];
      for await (const { record } of queue.each(filter)) {
        titles.push(record.created_at.slice(8, 10));
      }
      await idsOf(queue, filter);
      return titles.sort().map(Number);
    };
    assertEquals(await days({}), [1, 1, 2, 2, 3, 3]);
    assertEquals(await days({ created_from: at(2) }), [2, 2, 3, 3]);
    assertEquals(await days({ created_before: at(2) }), [1, 1]);
    assertEquals(await days({ created_from: at(2), created_before: at(3) }), [2, 2]);
    assertEquals(await days({ created_from: at(2) + 1 }), [3, 3]);
    assertEquals(await days({ created_before: at(2) + 1 }), [1, 1, 2, 2]);
    assertEquals(await days({ created_from: at(3), created_before: at(1) }), []);
  });

  test("enqueue() puts the task's own time into an id that it makes", async ({ queue }) => {
    const created_at = new Date(at(5)).toISOString();
    const { id } = await queue.enqueue(request({ created_at }));
    const { id: later } = await queue.enqueue(request());
    assert(id < later);
    assertEquals(await idsOf(queue, { created_from: at(5), created_before: at(5) + 1 }), [id]);
  });

  test("watch() tells of a task that comes, moves and ends, until it is closed", async ({ queue, other }) => {
    let wake = () => {};
    const changed = () => new Promise<void>((resolve) => wake = resolve);
    const watch = other.watch((id) => {
      if (id === undefined || id === "x") wake();
    });
    let next = changed();
    await queue.enqueue(request({ id: "x" }));
    await next;
    next = changed();
    const task = await claimNext(queue);
    await next;
    await task.start();
    next = changed();
    await task.finish(DONE);
    await next;
    watch.close();
    assert(!(await queue.enqueue(request({ id: "x" }))).created);
  });
}
