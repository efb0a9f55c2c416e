import type { TaskRecord, TaskState } from "../../task/record.ts";
import { type ClaimedRecord, endAttempt, type Ending, targetOf } from "../../task/transitions.ts";
import { CANCELLED } from "../cancelled.ts";
import { type ClaimedTask, LeaseLost, NotStarted } from "../task_queue.ts";
import { isMeant } from "./cancel_request.ts";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { letGo } from "./let_go.ts";
import { START } from "./scripts/start.ts";
import { settle } from "./settle.ts";

/** A running task whose job's lock this process holds. */
export class BullmqClaimedTask implements ClaimedTask {
  readonly #cancel = new AbortController();
  #settled: TaskState | undefined;
  /** The last ending and its record: only the same one is recognised when it is tried again. */
  #ended: { readonly ending: Ending; readonly record: TaskRecord } | undefined;
  /** In place of a put-back that was forbidden. */
  #forced: Ending | undefined;

  constructor(
    private readonly context: BullmqContext,
    private readonly lease: Lease,
    readonly record: ClaimedRecord,
    /** When this process claimed it, by `elapsed`; absent where it was another's before. */
    private readonly claimedAt?: number,
  ) {
    lease.onRequest = (text) => {
      if (isMeant(text, record)) this.#cancel.abort();
    };
  }

  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  get lost(): AbortSignal {
    return this.lease.lost;
  }

  async start(): Promise<void> {
    const { redis, keys, leases } = this.context;
    const { job_id, task_id, token } = this.lease;
    const { incarnation, run } = this.record;
    let answer;
    try {
      const at = [keys.job(job_id), keys.lock(job_id), keys.cancel(task_id)];
      const args = [token, JSON.stringify(this.record), incarnation, run];
      answer = await redis.ask((client) => START.run(client, at, args));
    } catch (cause) {
      throw new NotStarted(cause instanceof Error ? cause.message : String(cause), { cause });
    }
    // The answer may have been waited for so long that it says nothing any more.
    if (answer === "LOST" || !leases.isFresh(this.lease)) throw new LeaseLost(task_id);
    if (answer === "CANCELLED") this.#cancel.abort();
  }

  async finish(ending: Ending): Promise<TaskState> {
    // Once it has moved, a second try must not look for its lock.
    return this.#settled ??= await this.#settle(this.#forced ?? ending);
  }

  async #settle(ending: Ending): Promise<TaskState> {
    if (await settle(this.context, this.lease, this.#recordOf(ending))) return targetOf(ending);
    // A request that came in while the task was being put back must not be outrun by it.
    this.#cancel.abort();
    const usage = "usage" in ending ? ending.usage : undefined;
    this.#forced = { kind: "failed", error: CANCELLED, usage };
    return await this.#settle(this.#forced);
  }

  #recordOf(ending: Ending): TaskRecord {
    if (this.#ended?.ending !== ending) {
      const { now, elapsed } = this.context;
      const lasted = this.claimedAt === undefined ? undefined : elapsed() - this.claimedAt;
      this.#ended = { ending, record: endAttempt(this.record, ending, now(), lasted) };
    }
    return this.#ended.record;
  }

  abandon(): void {
    letGo(this.context, this.lease);
  }
}
