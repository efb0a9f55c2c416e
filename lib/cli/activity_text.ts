import type { Activity } from "../task/activity.ts";
import { parseTime } from "../task/time.ts";
import { duration } from "./duration.ts";
import { sanitizeLine } from "./sanitize.ts";

/** What a running task does just now and since when: `step 3, get_weather (4.0s)`. */
export function activityText({ kind, steps, calls, since }: Activity, now: number): string {
  const names = [...new Set(calls.map(({ name }) => name))].join(", ");
  // What runs belongs to the answer that asked for it; a model that thinks is at its next one.
  const step = kind === "thinking" ? steps + 1 : steps;
  const what = kind === "calling" ? names : kind === "thinking" ? "model" : kind;
  const time = since === undefined ? "" : ` (${duration(Math.max(0, now - parseTime(since)))})`;
  return sanitizeLine(step === 0 ? `${what}${time}` : `step ${step}, ${what}${time}`);
}
