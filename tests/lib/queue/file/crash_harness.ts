/** Runs an operation in a process that dies before its n-th call to the disk, and looks what comes of it. */
import { assert, assertEquals } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import { recoverOnce } from "../../../../lib/service/recoverer.ts";
import { TASK_STATES, type TaskState } from "../../../../lib/task/record.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { eventually } from "../../../support/eventually.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";

export const USAGE = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
export const DONE: Ending = { kind: "completed", result: "done", artifacts: [], usage: USAGE };
export const ERROR = { code: "model_unavailable", message: "no answer" } as const;
export const REQUEST = { conversation_id: "c1", prompt: "Do it." };

/** What lies under one root, as far as the invariants speak of it. */
export interface Seen {
  /** `state/name`, for every task file. */
  readonly tasks: string[];
  readonly notifications: string[];
  readonly rejected: string[];
  /** What else there is of tasks: journals, artifacts, marks of prunes. */
  readonly belongings: string[];
}

export interface Scenario {
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

export async function claim(storage: Storage) {
  const task = await storage.queue.claim(AbortSignal.timeout(20_000));
  assert(task !== undefined, "nothing was claimed");
  return task;
}

export async function run(storage: Storage, ending: Ending): Promise<void> {
  const task = await claim(storage);
  await task.start();
  const journal = await storage.journals.open(task.record.id, task.record.incarnation);
  await journal.append({ type: "attempt_ended", outcome: ending.kind });
  journal.close();
  await task.finish(ending);
}

/** What a service does: recover, and run what is due. */
export async function bringToAnEnd(storage: Storage): Promise<void> {
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
export async function diesAt(n: number, scenario: Scenario): Promise<boolean> {
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
export const exactly = (tasks: string[], notifications: string[]) => (seen: Seen) => {
  assertEquals(seen.tasks, tasks);
  assertEquals(seen.notifications, notifications);
  assertEquals(seen.rejected, []);
};

export const COMPLETED = exactly(["completed/x.json"], ["x-completed"]);
export const INVALID = [
  '{"conversation_id":"c1","prompt":7}',
  '{"conversation_id":"c1","prompt":"hi"}',
];
export const enqueueX = async ({ queue }: Storage) =>
  void await queue.enqueue({ ...REQUEST, id: "x" });

/** A failed task with all that a task can have. */
export async function failWithAll(storage: Storage): Promise<void> {
  await enqueueX(storage);
  await storage.artifacts.write("x", "kept.txt", new Uint8Array(3));
  await run(storage, { kind: "failed", error: ERROR, usage: USAGE });
}

export const WHOLE = (seen: Seen) => {
  exactly(["failed/x.json"], ["x-failed"])(seen);
  assertEquals(seen.belongings, ["x.jsonl", "kept.txt"]);
};
export const GONE = (seen: Seen) => {
  exactly([], [])(seen);
  assertEquals(seen.belongings, []);
};
