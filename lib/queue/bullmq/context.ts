/** What every part of the BullMQ engine works with. */
import type { RedisQueueBackend } from "bullmq";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import type { Runtime } from "../../runtime.ts";
import type { Owner } from "../../task/transitions.ts";
import type { Complaints } from "../complaints.ts";
import type { LeaseKeeper } from "./lease_keeper.ts";

export interface BullmqContext extends Runtime {
  readonly connection: Pick<RedisConnection, "ask" | "blocking" | "client" | "subscribe">;
  readonly keys: RedisKeys;
  /** BullMQ's own moves between its states. */
  readonly backend: RedisQueueBackend;
  readonly leases: LeaseKeeper;
  readonly owner: Owner;
  readonly complaints: Complaints;
  /** How often the connection was lost: what was sent over one that was not lost was done once. */
  readonly losses: () => number;
}
