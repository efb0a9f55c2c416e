import { assert, assertEquals } from "@std/assert";
import type { Doomed } from "../../../../lib/cli/tasks/prune_plan.ts";
import { pauseBetween, pruneSlowly } from "../../../../lib/cli/tasks/prune_slowly.ts";
import type { TasksContext } from "../../../../lib/cli/tasks/tasks_context.ts";
import type { PruneOptions } from "../../../../lib/queue/task_queue.ts";
import { newIdAt } from "../../../../lib/task/id.ts";
import { CapturedTerminal } from "../../../support/captured_terminal.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";
import { withStorage } from "../../../support/temp_storage.ts";
import { COMPLETED, ended, OFFLINE } from "./tasks_fixture.ts";

/** Tasks that ended so many milliseconds apart, the last ones now. */
function endedApart(count: number, milliseconds: number): Doomed[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, i) => {
    const time = now - (count - i) * milliseconds;
    const finished_at = new Date(time).toISOString();
    return { id: newIdAt(time)!, state: "completed", finished_at, bytes: 1 };
  });
}

Deno.test("pauseBetween() lets tasks go twice as fast as they ended, and a hundred a second at least", () => {
  assertEquals(pauseBetween(endedApart(1_000, 2)), 1);
  assertEquals(pauseBetween(endedApart(10_001, 12)), 6);
  assertEquals(pauseBetween(endedApart(1_000, 60_000)), 10);
  assertEquals(pauseBetween(endedApart(1_000, 0)), 0);
});

Deno.test("pauseBetween() is misled neither by a task of last year nor by one without an end", () => {
  const [first, ...rest] = endedApart(1_001, 2);
  assertEquals(pauseBetween([{ ...first!, finished_at: "2001-01-01T00:00:00.000Z" }, ...rest]), 1);
  assertEquals(pauseBetween([...rest, { ...first!, finished_at: null }]), 10);
  assertEquals(pauseBetween([]), 10);
  assertEquals(pauseBetween(rest.slice(0, 1)), 10);
});

function contextOf(
  storage: TasksContext["storage"],
): TasksContext & { terminal: CapturedTerminal } {
  return {
    storage,
    terminal: new CapturedTerminal(),
    interrupted: new AbortController().signal,
    now: Date.now,
    readStdin: () => Promise.resolve(""),
    config: OFFLINE,
  };
}

const RULES = { states: ["completed", "failed"], unread: true } as const;

Deno.test("pruneSlowly() keeps the order, tells of its progress and counts what it did not remove", async () => {
  await withStorage(async (storage) => {
    for (const id of ["t1", "t2"]) await ended(storage, id, COMPLETED);
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "waits" });
    const [template, ...gone] = endedApart(1_101, 0);
    const own = (id: string) => ({ ...template!, id });
    const doomed = [own("t1"), ...gone, own("waits"), own("t2")];
    const queue = Object.create(storage.queue);
    const names = new Set(gone.map(({ id }) => id));
    // What is unknown is looked for a few times: too long for so many.
    queue.prune = (id: string, options: PruneOptions) =>
      names.has(id)
        ? Promise.resolve({ ok: false, reason: "unknown" })
        : storage.queue.prune(id, options);
    const context = contextOf({ ...storage, queue });
    const { pruned, kept, problems } = await pruneSlowly(doomed, RULES, context);
    assertEquals([pruned.map(({ id }) => id), kept, problems], [["t1", "t2"], { changed: 1 }, []]);
    assertEquals(context.terminal.stderr, "1000 of 1103 are done; Ctrl-C stops here\n");
    assertEquals(await storage.queue.ids(), ["waits"]);
  });
});

Deno.test("pruneSlowly() lets several tasks share a flush where durability is full", async () => {
  await using dir = await TempDir.make();
  let flushes = 0;
  const disk = new HookedDisk(async ({ name }) => {
    if (name !== "flushDirectory") return;
    flushes++;
    // As long as others take to ask for the next one.
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  const storage = await openTestStorage(dir.path, { disk, durability: "full" });
  try {
    const doomed = endedApart(16, 1);
    for (const { id } of doomed) await ended(storage, id, COMPLETED);
    flushes = 0;
    const { pruned } = await pruneSlowly(doomed, RULES, contextOf(storage));
    assertEquals(pruned, doomed);
    // Mark, journal, artifacts, notification, record: five each if nothing were shared.
    assert(flushes < 5 * 16 / 2, String(flushes));
  } finally {
    storage.close();
  }
});
