/**
 * A process dies before every single call to the disk that an operation makes. Whatever was there
 * by then, the next service must bring it to a good end.
 */
import { assert, assertEquals } from "@std/assert";
import { recoverOnce } from "../../../../lib/service/recoverer.ts";
import {
  bringToAnEnd,
  claim,
  COMPLETED,
  diesAt,
  DONE,
  enqueueX,
  ERROR,
  exactly,
  failWithAll,
  GONE,
  INVALID,
  REQUEST,
  run,
  type Scenario,
  USAGE,
  WHOLE,
} from "./crash_harness.ts";

const SCENARIOS: Scenario[] = [
  {
    name: "enqueue()",
    act: enqueueX,
    // Before it was acknowledged it may be there or not, but never in part.
    after: (seen, acted) => {
      if (acted || seen.tasks.length > 0) COMPLETED(seen);
      else assertEquals(seen.notifications, []);
    },
  },
  {
    name: "a run that completes",
    before: enqueueX,
    act: (storage) => run(storage, DONE),
    after: COMPLETED,
  },
  {
    name: "a run that fails",
    before: enqueueX,
    act: (storage) => run(storage, { kind: "failed", error: ERROR, usage: USAGE }),
    after: (seen, acted) => {
      const failed = seen.tasks[0] === "failed/x.json";
      // Once the ending was decided it stays; before that the next service runs the task again.
      if (acted || failed) exactly(["failed/x.json"], ["x-failed"])(seen);
      else COMPLETED(seen);
    },
  },
  {
    name: "a run that is to be tried again",
    before: enqueueX,
    act: (storage) => {
      return run(storage, { kind: "retry", retry_at: 0, error: ERROR, uses_attempt: true });
    },
    after: COMPLETED,
  },
  {
    name: "a run that is interrupted, beside a second file of its name",
    before: enqueueX,
    act: async (storage) => {
      const task = await claim(storage);
      await task.start();
      Deno.writeTextFileSync(storage.layout.task("pending", "x"), JSON.stringify(REQUEST));
      await task.finish({ kind: "interrupted" });
    },
    after: (seen) => {
      assertEquals(seen.tasks, ["completed/x.json"]);
      assertEquals(seen.notifications, ["x-completed"]);
      assert(seen.rejected.length <= 1);
    },
    duplicates: true,
  },
  {
    name: "recovery of a task whose service died",
    before: async (storage) => {
      await enqueueX(storage);
      const task = await claim(storage);
      await task.start();
      task.abandon();
    },
    act: (storage) => recoverOnce({ ...storage, reap: () => Promise.resolve() }),
    after: COMPLETED,
  },
  {
    name: "retry() of a failed task",
    before: async (storage) => {
      await enqueueX(storage);
      await run(storage, { kind: "failed", error: ERROR, usage: USAGE });
    },
    act: ({ queue }) => queue.retry("x", { fresh: false }),
    after: (seen, acted) => {
      const retried = seen.tasks[0] === "completed/x.json";
      if (acted || retried) exactly(["completed/x.json"], ["x-completed-2", "x-failed"])(seen);
      else exactly(["failed/x.json"], ["x-failed"])(seen);
    },
  },
  {
    name: "retry() of a failed task and its second run",
    before: async (storage) => {
      await enqueueX(storage);
      await run(storage, { kind: "failed", error: ERROR, usage: USAGE });
      await storage.queue.retry("x", { fresh: true });
    },
    act: (storage) => run(storage, DONE),
    after: exactly(["completed/x.json"], ["x-completed-2", "x-failed"]),
  },
  {
    name: "cancel() of a waiting task",
    before: enqueueX,
    act: ({ queue }) => queue.cancel("x"),
    after: (seen, acted) => {
      const cancelled = seen.tasks[0] === "failed/x.json";
      if (acted || cancelled) exactly(["failed/x.json"], ["x-failed"])(seen);
      else COMPLETED(seen);
    },
  },
  {
    name: "cancel() of a task whose service died",
    before: async (storage) => {
      await enqueueX(storage);
      const task = await claim(storage);
      await task.start();
      task.abandon();
    },
    act: ({ queue }) => queue.cancel("x"),
    after: (seen, acted) => {
      const cancelled = seen.tasks[0] === "failed/x.json";
      if (acted || cancelled) exactly(["failed/x.json"], ["x-failed"])(seen);
      else COMPLETED(seen);
    },
  },
  {
    name: "the rejection of an invalid file",
    before: ({ layout }) => Deno.writeTextFile(layout.task("pending", "x"), INVALID[0] as string),
    act: (storage) => bringToAnEnd(storage),
    after: exactly(["failed/x.json", "failed/x.original"], ["x-failed"]),
  },
  {
    name: "the rejection of a file whose name is no id",
    before: ({ layout }) => Deno.writeTextFile(layout.task("pending", "a b"), INVALID[1] as string),
    act: (storage) => bringToAnEnd(storage),
    after: (seen) => {
      const records = seen.tasks.filter((path) => path.endsWith(".json"));
      assertEquals(records.length, 1);
      assert(records[0]?.startsWith("failed/"), records[0]);
      assert(seen.tasks.includes(String(records[0]).replace(/json$/, "original")));
    },
  },
  {
    name: "the rejection of a duplicate of a completed task",
    before: async (storage) => {
      await enqueueX(storage);
      await run(storage, DONE);
      Deno.writeTextFileSync(storage.layout.task("pending", "x"), JSON.stringify(REQUEST));
    },
    act: (storage) => bringToAnEnd(storage),
    after: (seen) => {
      assertEquals(seen.tasks, ["completed/x.json"]);
      assertEquals(seen.notifications, ["x-completed"]);
      assertEquals(seen.rejected.length, 1);
    },
    duplicates: true,
  },
  {
    name: "prune()",
    before: failWithAll,
    act: ({ queue }) => queue.prune("x", { unread: true }),
    after: (seen, acted) => {
      if (!acted && seen.tasks.length > 0) WHOLE(seen);
      else GONE(seen);
    },
  },
  {
    name: "prune(), then retried,",
    before: failWithAll,
    act: ({ queue }) => queue.prune("x", { unread: true }),
    next: ({ queue }) => queue.retry("x", { fresh: false }),
    after: (seen, acted) => {
      if (acted || seen.tasks.length === 0) GONE(seen);
      else {
        // It was whole, so its next run could go on with it.
        assertEquals(seen.tasks, ["completed/x.json"]);
        assertEquals(seen.notifications, ["x-completed-2", "x-failed"]);
        assertEquals(seen.belongings, ["x.jsonl", "kept.txt"]);
      }
    },
  },
  {
    name: "prune(), then handed in again,",
    before: failWithAll,
    act: ({ queue }) => queue.prune("x", { unread: true }),
    next: enqueueX,
    after: (seen) => {
      if (seen.tasks[0] === "failed/x.json") WHOLE(seen);
      // It was there still, and is gone since; or it is another one.
      else if (seen.tasks.length === 0) GONE(seen);
      else {
        COMPLETED(seen);
        assertEquals(seen.belongings, []);
      }
    },
  },
  {
    name: "prune() of what was no valid task",
    before: async (storage) => {
      await Deno.writeTextFile(storage.layout.task("pending", "x"), INVALID[0] as string);
      await bringToAnEnd(storage);
    },
    act: ({ queue }) => queue.prune("x", { unread: true }),
    after: (seen, acted) => {
      if (acted || seen.tasks.length === 0) GONE(seen);
      else exactly(["failed/x.json", "failed/x.original"], ["x-failed"])(seen);
    },
  },
  {
    name: "acknowledge()",
    before: async (storage) => {
      await enqueueX(storage);
      await run(storage, DONE);
    },
    act: async ({ notifications }) => {
      for (const one of await notifications.unread("c1")) await notifications.acknowledge(one);
    },
    after: COMPLETED,
  },
];

for (const scenario of SCENARIOS) {
  Deno.test(`a process killed at any point of ${scenario.name} loses nothing`, async () => {
    let n = 1;
    while (await diesAt(n, scenario)) n++;
    assert(n > 4, "the scenario makes hardly a call: is the hook in the way?");
  });
}
