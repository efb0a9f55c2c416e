/** How tasks come to where the process that dies takes over. */
import type { Storage } from "../../lib/open_storage.ts";
import type { ClaimedTask } from "../../lib/queue/task_queue.ts";
import { formatObject } from "../../lib/task/json.ts";
import type { TaskError, Usage } from "../../lib/task/record.ts";
import { endAttempt } from "../../lib/task/transitions.ts";
import type { Scenario } from "./scenario.ts";

const USAGE: Usage = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const ERROR: TaskError = { code: "model_unavailable", message: "no answer" };
/** Tasks that wait. */
export async function enqueueAll({ queue }: Storage, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((id) => queue.enqueue({ id, conversation_id: `c-${id}`, prompt: id })),
  );
}

async function claimAll(storage: Storage, ids: readonly string[]): Promise<ClaimedTask[]> {
  await enqueueAll(storage, ids);
  const claimed: ClaimedTask[] = [];
  while (claimed.length < ids.length) {
    const task = await storage.queue.claim(AbortSignal.timeout(20_000));
    if (task === undefined) throw new Error("nothing was claimed within 20 seconds");
    await task.start();
    claimed.push(task);
  }
  return claimed;
}

/** Tasks in running/ whose service has died so often before. */
export function orphans(interruptions: number): NonNullable<Scenario["before"]> {
  return async (storage, ids) => {
    for (const task of await claimAll(storage, ids)) {
      task.record.interruptions = interruptions;
      await task.start();
      task.abandon();
    }
  };
}

/** Tasks that have failed. */
export async function failAll(storage: Storage, ids: readonly string[]): Promise<void> {
  const claimed = await claimAll(storage, ids);
  await Promise.all(
    claimed.map((task) => task.finish({ kind: "failed", error: ERROR, usage: USAGE })),
  );
}

/** Tasks that are done. */
export async function completeAll(storage: Storage, ids: readonly string[]): Promise<void> {
  const claimed = await claimAll(storage, ids);
  await Promise.all(claimed.map((task) =>
    task.finish({
      kind: "completed",
      result: `done ${task.record.id}`,
      artifacts: [],
      usage: USAGE,
    })
  ));
}

/** Tasks that are done, with all that a task can have. */
export async function completeWithAll(storage: Storage, ids: readonly string[]): Promise<void> {
  await completeAll(storage, ids);
  for (const id of ids) {
    const task = await storage.queue.get(id);
    const journal = await storage.journals.open(id, task?.record.incarnation ?? "");
    await journal.append({ type: "attempt_ended", outcome: "completed" });
    journal.close();
    await storage.artifacts.write(id, "kept.txt", new Uint8Array(1));
  }
}

/** Endings that were staged, by services that died right then. */
export async function stageAll(storage: Storage, ids: readonly string[]): Promise<void> {
  for (const task of await claimAll(storage, ids)) {
    const { id } = task.record;
    const ending = {
      kind: "completed",
      result: `done ${id}`,
      artifacts: [],
      usage: USAGE,
    } as const;
    const record = endAttempt(task.record, ending, Date.now());
    await Deno.writeTextFile(storage.layout.task("running", id), formatObject(record));
    task.abandon();
  }
}

/** Files that another program moved into pending/. */
export async function submitAll(
  storage: Storage,
  ids: readonly string[],
  fields: (id: string) => object,
) {
  for (const id of ids) {
    const temporary = storage.layout.temporary(id);
    await Deno.writeTextFile(temporary, JSON.stringify(fields(id)));
    await Deno.rename(temporary, storage.layout.task("pending", id));
  }
}

/** Requests of somebody who asks and leaves: `queue.cancel` would go on, and take the tasks over. */
export async function requestAll({ layout }: Storage, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { incarnation, run } = JSON.parse(await Deno.readTextFile(layout.task("running", id)));
    const temporary = layout.temporary(id);
    await Deno.writeTextFile(temporary, formatObject({ incarnation, run }));
    await Deno.rename(temporary, `${layout.cancel}/${id}`);
  }
}

/** Tasks that this process holds until it lets go. */
export async function holdAll(storage: Storage, ids: readonly string[]): Promise<void> {
  for (const task of await claimAll(storage, ids)) held.add(task);
}

/** Only one scenario holds tasks in this process. */
const held = new Set<ClaimedTask>();

/** Lets go of what this process holds for a scenario. */
export function letGo({ before }: Scenario): void {
  if (before !== holdAll) return;
  for (const task of held) task.abandon();
  held.clear();
}
