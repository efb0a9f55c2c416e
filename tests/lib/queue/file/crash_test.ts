/**
 * A process dies before every single call to the disk that an operation makes. Whatever was there
 * by then, the next service must bring it to a good end.
 */
import { assert, assertEquals } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import { recoverOnce } from "../../../../lib/service/recoverer.ts";
import { TASK_STATES, type TaskState } from "../../../../lib/task/record.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { eventually } from "../../../support/eventually.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";

const USAGE = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const DONE: Ending = { kind: "completed", result: "done", artifacts: [], usage: USAGE };
const ERROR = { code: "model_unavailable", message: "no answer" } as const;
const REQUEST = { conversation_id: "c1", prompt: "Do it." };

/** What lies under one root, as far as the invariants speak of it. */
interface Seen {
  /** `state/name`, for every task file. */
  readonly tasks: string[];
  readonly notifications: string[];
  readonly rejected: string[];
  /** What else there is of tasks: journals, artifacts, marks of prunes. */
  readonly belongings: string[];
}

interface Scenario {
  readonly name: string;
  /** What was there before the process that dies. */
  readonly before?: (storage: Storage) => Promise<void>;
  /** What that process does. */
  readonly act: (storage: Storage) => Promise<unknown>;
  /** What the next process does first. */
  readonly next?: (storage: Storage) => Promise<unknown>;
  /**
   * Checks what the next service made of it.
   *
   * @param acted whether `act` had resolved by the time of the crash
   */
  readonly after: (seen: Seen, acted: boolean) => void;
  /** A file with a duplicate is in two states for a while. */
  readonly duplicates?: boolean;
}

async function claim(storage: Storage) {
  const task = await storage.queue.claim(AbortSignal.timeout(20_000));
  assert(task !== undefined, "nothing was claimed");
  return task;
}

async function run(storage: Storage, ending: Ending): Promise<void> {
  const task = await claim(storage);
  await task.start();
  const journal = await storage.journals.open(task.record.id, task.record.incarnation);
  await journal.append({ type: "attempt_ended", outcome: ending.kind });
  journal.close();
  await task.finish(ending);
}

/** What a service does: recover, and run what is due. */
async function bringToAnEnd(storage: Storage): Promise<void> {
  const stop = new AbortController();
  const working = runUntil(storage, stop.signal);
  await eventually("nothing is left to do", async () => {
    await recoverOnce({ ...storage, reap: () => Promise.resolve() });
    const { running, due, retrying } = await storage.queue.outstanding();
    return running + due + retrying === 0;
  }, 10);
  stop.abort();
  await working;
}

async function runUntil({ queue }: Storage, stop: AbortSignal): Promise<void> {
  for (let task; (task = await queue.claim(stop)) !== undefined;) {
    await task.start();
    await task.finish(DONE);
  }
}

function names(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].filter((e) => !e.isDirectory).map((e) => e.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function look({ layout }: Storage): Seen {
  const tasks = TASK_STATES.flatMap((state) =>
    names(layout.state(state)).map((name) => `${state}/${name}`)
  );
  for (const path of tasks.filter((name) => name.endsWith(".json"))) {
    const [state, name] = path.split("/") as [TaskState, string];
    const text = Deno.readTextFileSync(`${layout.state(state)}/${name}`);
    // No reader ever sees half a record.
    if (!INVALID.includes(text)) JSON.parse(text);
  }
  const unread = names(`${layout.notifications}/c1`);
  const read = names(`${layout.notifications}/c1/read`);
  assertEquals(unread.filter((name) => read.includes(name)), []);
  return {
    tasks,
    notifications: [...unread, ...read].map((name) => name.replace(/\.json$/, "")).sort(),
    rejected: names(layout.rejected),
    belongings: [layout.journal, `${layout.artifacts}/x`, layout.prune].flatMap(names),
  };
}

/** Runs a scenario with a death before its n-th call; false when it needs fewer calls. */
async function diesAt(n: number, scenario: Scenario): Promise<boolean> {
  await using dir = await TempDir.make();
  const first = await openTestStorage(dir.path);
  await scenario.before?.(first);
  first.close();

  const died = Promise.withResolvers<"died">();
  const disk = new HookedDisk();
  const doomed = await openTestStorage(dir.path, { disk, durability: "full" });
  let calls = 0;
  disk.hook = () => {
    if (++calls < n) return;
    died.resolve("died");
    // Nothing of the dead process runs any more, not even its cleaning up.
    return new Promise<void>(() => {});
  };
  let acted = false;
  const acting = scenario.act(doomed).then(() => acted = true);
  const end = await Promise.race([acting, died.promise]);
  doomed.close();
  disk.closeAll();
  const where = `killed before call ${n}`;

  const next = await openTestStorage(dir.path, { service_id: "service-b" });
  try {
    if (!scenario.duplicates) assertOneState(look(next), where);
    await scenario.next?.(next);
    await bringToAnEnd(next);
    const seen = look(next);
    assertOneState(seen, where);
    assertEquals(seen.tasks.filter((path) => /^(pending|running)/.test(path)), [], where);
    scenario.after(seen, acted);
  } catch (cause) {
    throw new Error(`${where}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  } finally {
    next.close();
  }
  return end === "died";
}

function assertOneState({ tasks }: Seen, where: string): void {
  const ids = tasks.filter((path) => path.endsWith(".json")).map((path) => path.split("/")[1]);
  assertEquals(ids.length, new Set(ids).size, `${where}: ${tasks.join(", ")}`);
}

/** The files of task x and its notifications are these. */
const exactly = (tasks: string[], notifications: string[]) => (seen: Seen) => {
  assertEquals(seen.tasks, tasks);
  assertEquals(seen.notifications, notifications);
  assertEquals(seen.rejected, []);
};

const COMPLETED = exactly(["completed/x.json"], ["x-completed"]);
const INVALID = ['{"conversation_id":"c1","prompt":7}', '{"conversation_id":"c1","prompt":"hi"}'];
const enqueueX = async ({ queue }: Storage) => void await queue.enqueue({ ...REQUEST, id: "x" });

/** A failed task with all that a task can have. */
async function failWithAll(storage: Storage): Promise<void> {
  await enqueueX(storage);
  await storage.artifacts.write("x", "kept.txt", new Uint8Array(3));
  await run(storage, { kind: "failed", error: ERROR, usage: USAGE });
}

const WHOLE = (seen: Seen) => {
  exactly(["failed/x.json"], ["x-failed"])(seen);
  assertEquals(seen.belongings, ["x.jsonl", "kept.txt"]);
};
const GONE = (seen: Seen) => {
  exactly([], [])(seen);
  assertEquals(seen.belongings, []);
};

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
