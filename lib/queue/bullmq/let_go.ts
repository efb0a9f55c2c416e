import { getLogger } from "@logtape/logtape";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { RELEASE } from "./scripts/release.ts";

const log = getLogger(["bts", "queue"]);

/** A task that could not be dealt with is put aside for so long, in milliseconds. */
const PAUSE_MS = 1_000;

/** Lets go of an active job as it is: recovery takes it from there. */
export function letGo(
  { connection, keys, leases }: BullmqContext,
  lease: Lease,
): void {
  leases.remove(lease);
  const at = [keys.lock(lease.job_id)];
  connection.ask((client) => RELEASE.run(client, at, [lease.token])).catch((error) => {
    // Then its time runs out by itself.
    log.debug`the lock of task ${lease.task_id} could not be removed: ${error}`;
  });
}

/** Puts a job back whose attempt was not begun: it is looked at again a little later. */
export async function putAside(context: BullmqContext, lease: Lease): Promise<void> {
  const { backend, connection, leases, now } = context;
  const { job_id, token } = lease;
  try {
    await connection.ask(() =>
      backend.moveToDelayed(job_id, now(), PAUSE_MS, token, { skipAttempt: true })
    );
    leases.remove(lease);
  } catch {
    letGo(context, lease);
  }
}
