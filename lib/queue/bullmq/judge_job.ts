/** What a job that this process holds turns out to be. Whatever is no task to run is dealt with here. */
import { getLogger } from "@logtape/logtape";
import { jobIdsOf } from "../../redis/job_id.ts";
import { ID_EXPECTED, isId } from "../../task/id.ts";
import { type ParsedRecord, parseRecordText, rejectionOf } from "../../task/parse_record.ts";
import { MAX_RECORD_BYTES, type TaskRecord } from "../../task/record.ts";
import { beginAttempt, type ClaimedRecord, dueAt, endAttempt } from "../../task/transitions.ts";
import { CANCELLED } from "../cancelled.ts";
import { misnamed, type Problem } from "../misnamed.ts";
import { hasOpenAttempt, orphanRecord } from "../orphan_record.ts";
import { isHonoured } from "../staged_ending.ts";
import { LeaseLost } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import type { HeldJob } from "./held_job.ts";
import { Lease } from "./lease.ts";
import { letGo, putOff } from "./let_go.ts";
import { RENAME } from "./scripts/rename.ts";
import { settle } from "./settle.ts";

const log = getLogger(["bts", "queue"]);

/** A task of a newer program is put aside for so long, in milliseconds: one may come that knows it. */
const NEWER_PAUSE_MS = 60_000;
/** A task that is not due yet is put aside for so long at least: two clocks may differ. */
const LEAST_PAUSE_MS = 1_000;

export type Judged =
  /** To be run: its attempt has begun. */
  | { readonly kind: "task"; readonly record: ClaimedRecord }
  /** Somebody else began this attempt, and is gone. */
  | { readonly kind: "orphan"; readonly record: ClaimedRecord }
  /** Dealt with: no valid task, not due, an ending that only had to be completed. */
  | { readonly kind: "gone" };

const GONE: Judged = { kind: "gone" };

/**
 * Judges a job that waited until this process took it.
 *
 * @param early take it although it is not due (to cancel it)
 */
export async function judgeWaiting(
  context: BullmqContext,
  job: HeldJob,
  early: boolean,
): Promise<Judged> {
  const parsed = parse(job, "pending");
  const problem = await nameProblem(context, job.lease, parsed);
  if (problem !== undefined) return await rejectMisnamed(context, job, problem);
  if (parsed.kind === "newer") return await leave(context, job.lease, parsed.version);
  context.complaints.forget(nameOf(job.lease));
  if (parsed.kind === "invalid") return await reject(context, job.lease, parsed);
  const { record } = parsed;
  // Another BullMQ worker put it back, in the middle of an attempt or of its end.
  if (job.hasStalled && isEnded(record)) return await complete(context, job.lease, record);
  if (hasOpenAttempt(record)) return { kind: "orphan", record };
  if (!early && !hasWaited(job, record) && dueAt(record) > context.now()) {
    const wait = Math.max(dueAt(record) - context.now(), LEAST_PAUSE_MS);
    await putOff(context, job.lease, wait);
    return GONE;
  }
  const { owner, now, token } = context;
  return { kind: "task", record: beginAttempt(record, owner, token(), now()) };
}

/** Whether somebody began an attempt of a job that is held, or its end. */
export function wasBegun(job: HeldJob): boolean {
  const parsed = parse(job, "running");
  return parsed.kind === "task" && (hasOpenAttempt(parsed.record) || isHonoured(parsed.record));
}

/** Judges an active job whose owner is gone. */
export async function judgeOrphan(context: BullmqContext, job: HeldJob): Promise<Judged> {
  const parsed = parse(job, "running");
  const problem = await nameProblem(context, job.lease, parsed);
  if (problem !== undefined) return await rejectMisnamed(context, job, problem);
  if (parsed.kind === "newer") return await leave(context, job.lease, parsed.version);
  context.complaints.forget(nameOf(job.lease));
  if (parsed.kind === "invalid") return await reject(context, job.lease, parsed);
  if (isHonoured(parsed.record)) return await complete(context, job.lease, parsed.record);
  return { kind: "orphan", record: orphanRecord(parsed.record, context) };
}

function parse({ lease, data, timestamp }: HeldJob, state: "pending" | "running"): ParsedRecord {
  const parsed = parseRecordText(lease.task_id, data, timestamp, state);
  // What we wrote ourselves may have grown past what a producer may hand in.
  const isOurs = parsed.kind === "task" && parsed.record.incarnation !== undefined;
  const bytes = isOurs || data.length * 3 <= MAX_RECORD_BYTES ? 0 : encoder.encode(data).length;
  if (bytes <= MAX_RECORD_BYTES) return parsed;
  const message = `the job's data has ${bytes} bytes, at most ${MAX_RECORD_BYTES} are allowed`;
  return { ...misnamed(message, parsed) };
}

const encoder = new TextEncoder();

function isEnded(record: TaskRecord): boolean {
  return isHonoured(record) && record.staged?.to !== "pending";
}

// Whoever handed it in or put it back let BullMQ wait, by the clock of whoever was first to see it due.
function hasWaited({ wasDelayed }: HeldJob, { staged, finished_at }: TaskRecord): boolean {
  return staged?.to === "pending" || (wasDelayed && finished_at === undefined);
}

async function nameProblem(
  { redis, keys }: BullmqContext,
  { job_id, task_id }: Lease,
  content: ParsedRecord,
): Promise<Problem | undefined> {
  const name = JSON.stringify(task_id.slice(0, 200));
  if (!isId(task_id)) {
    return misnamed(`the job's id ${name} is no task id: expected ${ID_EXPECTED}`, content);
  }
  // A number that BullMQ gave, and a task of ours that was given the same one.
  const [first] = jobIdsOf(task_id);
  if (first === undefined || first === job_id) return undefined;
  if (await redis.ask((client) => client.exists(keys.job(first))) === 0) return undefined;
  return misnamed(`the job's id ${name} is another task's already`, content);
}

async function rejectMisnamed(
  context: BullmqContext,
  { lease }: HeldJob,
  problem: Problem,
): Promise<Judged> {
  const { redis, keys, leases, newId } = context;
  const id = newId();
  const { job_id, token, confirmed } = lease;
  const args = [job_id, id, token, leases.lock_ms];
  const answer = await redis.ask((client) => RENAME.run(client, [keys.state("")], args));
  leases.remove(lease);
  if (answer === "LOST") throw new LeaseLost(id);
  const renamed = new Lease(id, id, token, confirmed);
  leases.add(renamed);
  try {
    return await reject(context, renamed, problem);
  } catch (error) {
    letGo(context, renamed);
    throw error;
  }
}

async function reject(context: BullmqContext, lease: Lease, problem: Problem): Promise<Judged> {
  const { task_id } = lease;
  const rejection = rejectionOf(task_id, problem, context.now());
  const record = { ...rejection, staged: { to: "failed" as const, run: 1 } };
  await settle(context, lease, record, { keepOriginal: true });
  log.warning`task ${task_id} is not valid and has failed: ${problem.message}`;
  return GONE;
}

async function complete(
  context: BullmqContext,
  lease: Lease,
  record: TaskRecord,
): Promise<Judged> {
  if (await settle(context, lease, record)) return GONE;
  // It was put back, and cancelled meanwhile.
  const { owner, newId, now } = context;
  const claimed = beginAttempt(record, owner, newId(), now());
  const { usage } = record;
  await settle(
    context,
    lease,
    endAttempt(claimed, { kind: "failed", error: CANCELLED, usage }, now()),
  );
  return GONE;
}

// As complaints name it.
function nameOf({ task_id }: Lease): string {
  return `task ${task_id}`;
}

async function leave(context: BullmqContext, lease: Lease, version: number): Promise<Judged> {
  const reason = `its version ${version} is newer than this program`;
  context.complaints.leave(nameOf(lease), reason);
  await putOff(context, lease, NEWER_PAUSE_MS);
  return GONE;
}
