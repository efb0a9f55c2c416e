/** Tasks as any other program hands them in, and how many have got where. */
import { join } from "@std/path";
import type { TaskState } from "../../lib/task/record.ts";

/** Hands in tasks `{prefix}-0`, `{prefix}-1`, …: written under tmp/, then moved. */
export function submitTasks(
  directory: string,
  prefix: string,
  count: number,
  fields: Readonly<Record<string, unknown>>,
): string[] {
  for (const name of ["tmp", "tasks/pending"]) {
    Deno.mkdirSync(join(directory, name), { recursive: true });
  }
  const ids = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  const text = JSON.stringify({ conversation_id: "bench", prompt: "Work it out.", ...fields });
  for (const id of ids) {
    Deno.writeTextFileSync(join(directory, `tmp/${id}.bench`), text);
    Deno.renameSync(
      join(directory, `tmp/${id}.bench`),
      join(directory, `tasks/pending/${id}.json`),
    );
  }
  return ids;
}

/** How many tasks whose ids begin so are in a state. */
export function countIn(directory: string, state: TaskState, prefix = ""): number {
  let count = 0;
  for (const { name } of Deno.readDirSync(join(directory, "tasks", state))) {
    if (name.startsWith(prefix)) count++;
  }
  return count;
}
