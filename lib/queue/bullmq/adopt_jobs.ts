/** Active jobs that nobody holds: finding them, and taking one by its id. */
import { getLogger } from "@logtape/logtape";
import { taskIdOf } from "../../redis/job_id.ts";
import type { ClaimedRecord } from "../../task/transitions.ts";
import type { BullmqContext } from "./context.ts";
import { fromScript, type HeldJob } from "./held_job.ts";
import { type Judged, judgeOrphan, judgeWaiting, wasBegun } from "./judge_job.ts";
import { Lease } from "./lease.ts";
import { letGo } from "./let_go.ts";
import { FIND_ORPHANS } from "./scripts/find_orphans.ts";
import { TAKE } from "./scripts/take.ts";

const log = getLogger(["bts", "queue"]);

/** At most so many orphans are taken by one look: each is to be judged within the lease. */
const AT_ONCE = 100;

type Rule = (context: BullmqContext, job: HeldJob) => Promise<Judged>;

/** A task that this process holds now. */
export interface Orphan {
  readonly lease: Lease;
  readonly record: ClaimedRecord;
}

/**
 * Takes the active jobs whose lease has run out. Endings that were staged are completed. What this
 * process itself has asked for and got no answer is offered to those who claim.
 */
export async function findOrphans(context: BullmqContext): Promise<Orphan[]> {
  const { redis, keys, leases, next } = context;
  const token = leases.newToken();
  const sent = leases.instant();
  const args = [token, leases.lock_ms, leases.name, AT_ONCE];
  const [taken, mine] = await redis.ask((client) =>
    FIND_ORPHANS.run(client, [keys.state("")], args)
  ) as [string[][], string[][]];
  const found = taken.map(([id = "", ...facts]) => {
    const lease = hold(context, new Lease(taskIdOf(id), id, token, sent));
    return judgeOrLeave(context, fromScript(lease, facts), judgeOrphan);
  });
  for (const [id = "", held = ""] of mine) {
    if (leases.holds(id, held) || next.isAsked(held)) continue;
    found.push(recall(context, id, held));
  }
  return (await Promise.all(found)).flatMap((orphan) => orphan ?? []);
}

/** Takes what this process was given by an answer that it did not get. */
async function recall(
  context: BullmqContext,
  job_id: string,
  token: string,
): Promise<Orphan | undefined> {
  try {
    const { job } = await take(context, job_id, token);
    if (job === undefined) return undefined;
    if (wasBegun(job)) return await judgeOrLeave(context, job, judgeOrphan);
    await context.next.offer(job);
    context.faults.over(taskIdOf(job_id));
  } catch (error) {
    complain(context, taskIdOf(job_id), error);
  }
  return undefined;
}

// One task must not stand in the way of the others, nor keep those that are held already.
async function judgeOrLeave(
  context: BullmqContext,
  job: HeldJob,
  rule: Rule,
): Promise<Orphan | undefined> {
  try {
    const orphan = await judge(context, job, rule);
    context.faults.over(job.lease.task_id);
    return orphan;
  } catch (error) {
    complain(context, job.lease.task_id, error);
    return undefined;
  }
}

function complain({ faults }: BullmqContext, task_id: string, error: unknown): void {
  if (!faults.isNews(task_id, error)) return;
  log.error`task ${task_id} could not be recovered and is tried again: ${error}`;
}

function hold({ leases }: BullmqContext, lease: Lease): Lease {
  leases.add(lease);
  return lease;
}

/** What taking one job by its id came to. */
export type TakeOver =
  | { readonly kind: "taken"; readonly orphan: Orphan }
  /** Somebody else holds it. */
  | { readonly kind: "held" }
  /** It is in no state where it can be taken, or was dealt with on the way. */
  | { readonly kind: "gone" };

/** Takes one job, whether it waits or is active and nobody's. */
export async function takeOver(context: BullmqContext, job_id: string): Promise<TakeOver> {
  const { state, job } = await take(context, job_id, "");
  if (job === undefined) return { kind: state === "active" ? "held" : "gone" };
  const orphan = await judge(context, job, state === "active" ? judgeOrphan : judgeEarly);
  return orphan === undefined ? { kind: "gone" } : { kind: "taken", orphan };
}

function judgeEarly(context: BullmqContext, job: HeldJob): Promise<Judged> {
  return judgeWaiting(context, job, true);
}

/** @param nobodys a token of this process of which no holder is known */
async function take(
  context: BullmqContext,
  job_id: string,
  nobodys: string,
): Promise<{ readonly state: string; readonly job: HeldJob | undefined }> {
  const { redis, keys, leases, now } = context;
  const token = leases.newToken();
  const sent = leases.instant();
  const args = [job_id, token, leases.lock_ms, nobodys, now()];
  const [state = "", ...facts] = await redis.ask((client) =>
    TAKE.run(client, [keys.state("")], args)
  ) as string[];
  if (facts.length === 0) return { state, job: undefined };
  const lease = hold(context, new Lease(taskIdOf(job_id), job_id, token, sent));
  return { state, job: fromScript(lease, facts) };
}

async function judge(
  context: BullmqContext,
  job: HeldJob,
  rule: Rule,
): Promise<Orphan | undefined> {
  try {
    const judged = await rule(context, job);
    return judged.kind === "gone" ? undefined : { lease: job.lease, record: judged.record };
  } catch (error) {
    letGo(context, job.lease);
    throw error;
  }
}
