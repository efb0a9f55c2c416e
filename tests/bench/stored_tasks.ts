/** Trees with very many tasks in them, written straight into their places: 30 µs a task. */
import { join } from "@std/path";
import { newIdAt } from "../../lib/task/id.ts";
import { formatObject } from "../../lib/task/json.ts";
import { withDefaults } from "../../lib/task/parse_record.ts";
import type { TaskRequest, TaskState } from "../../lib/task/record.ts";
import { NOOP_OUTCOME, NOOP_REQUEST } from "./noop_task.ts";
import { openTree } from "./open_tree.ts";

/** Tasks are so far apart in time, in milliseconds, the newest one a minute ago. */
const APART_MS = 10;
const NEWEST_MS = 60_000;

/**
 * Makes sure that so many tasks are pending.
 *
 * @param fields beside those of an ordinary task
 */
export async function fillPending(
  directory: string,
  count: number,
  fields: Partial<TaskRequest> = {},
): Promise<void> {
  (await openTree(directory)).close();
  let missing = count;
  for (const _ of Deno.readDirSync(join(directory, "tasks/pending"))) missing--;
  store(directory, "pending", Math.max(0, missing), () => ({ ...NOOP_REQUEST, ...fields }));
}

/** Makes a tree with so many tasks that have ended, one in ten of them failed. */
export async function fillFinished(directory: string, count: number): Promise<void> {
  (await openTree(directory)).close();
  const failed = Math.round(count / 10);
  store(directory, "failed", failed, (at) => ({
    ...ended(at),
    error: { code: "model_unavailable", message: "The server said 503.", attempt: 1 },
  }));
  store(directory, "completed", count - failed, (at) => ({
    ...ended(at),
    result: "It rains in Oslo; take an umbrella. ".repeat(6),
    artifacts: [],
  }));
}

function ended(at: string) {
  const [run, attempt] = [1, 1];
  return {
    ...NOOP_REQUEST,
    incarnation: "01J00000000000000000000000",
    run,
    attempt,
    interruptions: 0,
    attempts: [{ run, attempt, service_id: "bench", started_at: at, ended_at: at }],
    started_at: at,
    finished_at: at,
    duration_ms: 0,
    usage: NOOP_OUTCOME.usage,
  };
}

function store(
  directory: string,
  state: TaskState,
  count: number,
  requestAt: (at: string) => TaskRequest,
): void {
  const newest = Date.now() - NEWEST_MS;
  for (let i = 0; i < count; i++) {
    const time = newest - (count - i) * APART_MS;
    const created_at = new Date(time).toISOString();
    const id = newIdAt(time) ?? "";
    const record = withDefaults(id, { ...requestAt(created_at), created_at }, time);
    const path = join(directory, `tasks/${state}/${id}.json`);
    Deno.writeTextFileSync(path, formatObject(record), { mode: 0o600 });
  }
}
