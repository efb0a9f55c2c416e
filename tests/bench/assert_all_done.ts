/** What a figure is worth nothing without: every task was done, once. */
import { Layout } from "../../lib/disk/layout.ts";
import { TASK_STATES } from "../../lib/task/record.ts";
import { NOOP_REQUEST } from "./noop_task.ts";

/**
 * Counts what lies on the disk after the services have ended.
 *
 * @param directory the `persistent/` of the services
 * @param handedIn the ids of the tasks
 * @param done what the services say that they did, an id for each time
 * @throws {Error} when a task, its result or its notification is lost or doubled
 */
export function assertAllDone(
  directory: string,
  handedIn: readonly string[],
  done: readonly string[],
): void {
  const layout = new Layout(directory);
  assertSame("runs", done, handedIn);
  for (const state of TASK_STATES) {
    const ids = namesIn(layout.state(state)).map((name) => name.replace(/\.json$/, ""));
    assertSame(`tasks in ${state}/`, ids, state === "completed" ? handedIn : []);
  }
  const notified = namesIn(`${layout.notifications}/${NOOP_REQUEST.conversation_id}`);
  assertSame("notifications", notified, handedIn.map((id) => `${id}-completed.json`));
}

function namesIn(path: string): string[] {
  return Array.from(Deno.readDirSync(path), ({ name }) => name);
}

function assertSame(what: string, found: readonly string[], expected: readonly string[]): void {
  const all = new Set(found);
  const lost = expected.filter((name) => !all.has(name));
  const doubled = found.length - all.size;
  const foreign = all.size - (expected.length - lost.length);
  if (lost.length + doubled + foreign === 0) return;
  throw new Error(
    `${what}: of ${expected.length} expected ${lost.length} are lost, ${doubled} doubled, ` +
      `${foreign} of something else`,
  );
}
