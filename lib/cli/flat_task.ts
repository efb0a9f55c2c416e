import type { Task } from "../task/record.ts";

/** A task in JSON: its record plus its state. What a finish stages means nothing once it is over. */
export function flatTask({ state, record: { staged, ...record } }: Task): Record<string, unknown> {
  return { ...record, ...(state === "running" && staged ? { staged } : {}), state };
}
