/** What every part of the BullMQ engine works with. */
import type { RedisQueueBackend } from "bullmq";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import type { Runtime } from "../../runtime.ts";
import type { EachSaidOnce } from "../../said_once.ts";
import type { Owner } from "../../task/transitions.ts";
import type { Complaints } from "../complaints.ts";
import type { HeldJob } from "./held_job.ts";
import type { LeaseKeeper } from "./lease_keeper.ts";

/** A job that may come with an answer. */
export interface NextJob {
  /** Whether it is to be asked for. */
  readonly isWanted: boolean;
  /** Ends the asking; to be called in every case. @param answer as BullMQ gives it */
  end(answer?: unknown): void;
}

/** Who gives jobs to those who claim. */
export interface NextJobs {
  /** @param token under which the job is held */
  ask(token: string): NextJob;
  /** Whether a job that is held under a token may still be on its way to this process. */
  isAsked(token: string): boolean;
  /** Gives a job that came another way; it is put back where nobody claims. */
  offer(job: HeldJob): Promise<void>;
}

export interface BullmqContext extends Runtime {
  readonly redis: Pick<RedisConnection, "ask" | "blocking" | "client" | "subscribe" | "worded">;
  readonly keys: RedisKeys;
  /** BullMQ's own moves between its states. */
  readonly backend: RedisQueueBackend;
  readonly leases: LeaseKeeper;
  /** Jobs that come along with the answer to an ending. */
  readonly next: NextJobs;
  readonly owner: Owner;
  readonly complaints: Complaints;
  /** What has kept tasks from being recovered. */
  readonly faults: EachSaidOnce;
  /** How often the connection was lost: what was sent over one that was not lost was done once. */
  readonly losses: () => number;
}
