/** Tasks as main's model is given them in a list: what it can use, and no more than it can hold. */
import { isTerminal } from "../task/state_machine.ts";
import type { Task } from "../task/record.ts";
import { summaryOfEnd } from "../task/summary.ts";

/** A task in a list. */
export function briefTask({ state, record }: Task) {
  const { id, title, created_at, run_at, retry_at, started_at, finished_at, error } = record;
  const { attempts, duration_ms } = record;
  const ended = isTerminal(state) && finished_at !== undefined;
  return {
    id,
    title,
    state,
    ...(isTerminal(state) ? { summary: summaryOfEnd(record) } : {}),
    ...(state === "failed" && error !== undefined ? { error_code: error.code } : {}),
    created_at,
    ...(state === "pending" && (retry_at ?? run_at) ? { not_before: retry_at ?? run_at } : {}),
    ...(state === "running" && started_at !== undefined ? { started_at } : {}),
    ...(ended ? { finished_at } : {}),
    ...(ended && duration_ms !== undefined ? { seconds: Math.round(duration_ms / 100) / 10 } : {}),
    ...(attempts !== undefined && attempts.length > 0 ? { attempts: attempts.length } : {}),
  };
}
