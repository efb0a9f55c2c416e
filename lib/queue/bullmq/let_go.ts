import { getLogger } from "@logtape/logtape";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { RELEASE } from "./scripts/release.ts";

const log = getLogger(["bts", "queue"]);

/** Lets go of an active job as it is: recovery takes it from there. */
export function letGo(
  { connection, keys, leases }: BullmqContext,
  lease: Lease,
): void {
  leases.remove(lease);
  RELEASE.run(connection.client, [keys.lock(lease.job_id)], [lease.token]).catch((error) => {
    // Then its time runs out by itself.
    log.debug`the lock of task ${lease.task_id} could not be removed: ${error}`;
  });
}
