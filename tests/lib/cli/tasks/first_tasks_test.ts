import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { firstTasks, SORT_KEYS, type SortKey } from "../../../../lib/cli/tasks/first_tasks.ts";
import { withDefaults } from "../../../../lib/task/parse_record.ts";
import { type Task } from "../../../../lib/task/record.ts";

/** A queue that holds these tasks, the newest first. */
function queueOf(tasks: readonly Task[]) {
  let read = 0;
  return {
    get read() {
      return read;
    },
    async *each() {
      for (const task of tasks) {
        read++;
        yield task;
      }
    },
    list: ({ limit }: { limit: number }) => Promise.resolve(tasks.slice(0, limit)),
  };
}

function task(id: string, fields: Record<string, unknown> = {}, state: Task["state"] = "pending") {
  const request = { conversation_id: "c1", prompt: id };
  return { state, record: { ...withDefaults(id, request, 0), ...fields } };
}

const TASKS = [
  task("d", { title: "Bravo", priority: 5 }),
  task("c", { title: "alpha", duration_ms: 10, finished_at: "2026-01-01T00:00:02.000Z" }, "failed"),
  task("b", { duration_ms: 30, finished_at: "2026-01-01T00:00:01.000Z", title: "C" }, "completed"),
  task("a", { title: "Delta" }, "running"),
];

async function ids(sort: SortKey, reverse = false, limit = 10): Promise<string> {
  const found = await firstTasks(queueOf(TASKS), {}, { sort, reverse, limit });
  return found.map(({ record }) => record.id).join("");
}

Deno.test("tasks are sorted by each key, what has no such value last, the newest first among equals", async () => {
  const sorted = Object.fromEntries(
    await Promise.all(SORT_KEYS.map(async (key) => [key, await ids(key)])),
  );
  assertEquals(sorted, {
    created: "dcba",
    finished: "cbda",
    duration: "bcda",
    priority: "dcba",
    state: "dabc",
    title: "cdba",
  });
  assertEquals([await ids("created", true), await ids("finished", true)], ["abcd", "bcda"]);
  assertEquals([await ids("created", true, 2), await ids("duration", false, 1)], ["ab", "b"]);
});

Deno.test("the first of many are those that sorting all would give", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -5, max: 5 })),
      fc.integer({ min: 1, max: 6 }),
      async (
        priorities,
        limit,
      ) => {
        const tasks = priorities.map((priority, i) => task(String(i), { priority }));
        const found = await firstTasks(queueOf(tasks), {}, {
          sort: "priority",
          reverse: false,
          limit,
        });
        const sorted = tasks.toSorted((a, b) => b.record.priority - a.record.priority).slice(
          0,
          limit,
        );
        assertEquals(found.map(({ record }) => record.id), sorted.map(({ record }) => record.id));
      },
    ),
  );
});
