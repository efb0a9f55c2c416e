import type { JobJson } from "bullmq";
import { isObject } from "../../task/json.ts";
import { jobTime } from "./job_time.ts";
import type { Lease } from "./lease.ts";

/** A job that this process holds, as it came. */
export interface HeldJob {
  readonly lease: Lease;
  /** The record's text, or whatever a foreign producer put there. */
  readonly data: string;
  /** When it was made, milliseconds since the epoch. */
  readonly timestamp: number;
  /** It was handed in with a delay, which BullMQ has waited for. */
  readonly wasDelayed: boolean;
  /** Another BullMQ worker found it without a lock, and put it back. */
  readonly hasStalled: boolean;
}

/** From what BullMQ gives with a job that it made active. */
export function fromBackend(lease: Lease, job: JobJson): HeldJob {
  return {
    lease,
    data: job.data,
    timestamp: jobTime(job.timestamp),
    wasDelayed: (job.opts.delay ?? 0) > 0,
    hasStalled: job.stalledCounter > 0,
  };
}

/** From what BullMQ's own scripts give of it: fields and values, one after the other. */
export function fromFields(lease: Lease, fields: readonly string[]): HeldJob {
  const of: Record<string, string | undefined> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) of[fields[i] ?? ""] = fields[i + 1];
  const { data = "{}", timestamp = "", opts = "", stc = "" } = of;
  return fromScript(lease, [data, timestamp, opts, stc]);
}

/** From what our scripts give with a job: data, timestamp, options and stalled counter. */
export function fromScript(lease: Lease, facts: readonly string[]): HeldJob {
  const [data = "", timestamp = "", options = "", stalled = ""] = facts;
  return {
    lease,
    data,
    timestamp: jobTime(timestamp),
    wasDelayed: delayIn(options) > 0,
    hasStalled: Number(stalled) > 0,
  };
}

// Anybody may have written them.
function delayIn(options: string): number {
  try {
    const value: unknown = JSON.parse(options);
    return isObject(value) ? Number(value["delay"]) || 0 : 0;
  } catch {
    return 0;
  }
}
