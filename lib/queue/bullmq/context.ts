/** What every part of the BullMQ engine works with. */
import type { RedisQueueBackend } from "bullmq";
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../redis/keys.ts";
import type { Runtime } from "../../runtime.ts";
import type { Owner } from "../../task/transitions.ts";
import type { Complaints } from "../complaints.ts";
import type { LeaseKeeper } from "./lease_keeper.ts";
import type { Commands } from "./lua_script.ts";

/** The connections to the server, as far as the queue uses them. */
export interface Connection {
  /** For commands. They wait while it is disconnected. */
  readonly client: Commands;
  /** A connection of one's own, for commands that block. The caller closes it. */
  blocking(): Redis;
  /**
   * @param onGap messages may have been lost
   */
  subscribe(
    channel: string,
    onMessage: (text: string) => void,
    onGap: () => void,
  ): { close(): void };
}

export interface BullmqContext extends Runtime {
  readonly connection: Connection;
  readonly keys: RedisKeys;
  /** BullMQ's own moves between its states. */
  readonly backend: RedisQueueBackend;
  readonly leases: LeaseKeeper;
  readonly owner: Owner;
  readonly complaints: Complaints;
  /** How often the connection was lost: an answer that came over no other one was given once. */
  readonly losses: () => number;
}
