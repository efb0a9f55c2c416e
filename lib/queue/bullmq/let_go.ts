/** Ways to part with a job that is not brought to an end. */
import { getLogger } from "@logtape/logtape";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { RELEASE } from "./scripts/release.ts";

const log = getLogger(["bts", "queue"]);

type Room = Pick<BullmqContext, "backend" | "redis" | "keys" | "leases" | "now">;

/** Lets go of an active job as it is: recovery takes it from there. */
export function letGo({ redis, keys, leases }: Room, lease: Lease): void {
  leases.remove(lease);
  const { job_id, token, lastToken = token } = lease;
  redis.ask((client) => RELEASE.run(client, [keys.lock(job_id)], [token, lastToken])).catch(
    (error) => {
      // Then its time runs out by itself.
      log.debug`the lock of task ${lease.task_id} could not be removed: ${error}`;
    },
  );
}

/** Puts a job back whose attempt was not begun, so that somebody else is woken for it. */
export async function putBack(context: Room, lease: Lease): Promise<void> {
  const { job_id, token } = lease;
  await part(context, lease, () => context.backend.retryJob(job_id, false, token));
}

/** Puts a job back whose attempt was not begun: it is looked at again after so many milliseconds. */
export async function putOff(context: Room, lease: Lease, wait: number): Promise<void> {
  const { backend, now } = context;
  const { job_id, token } = lease;
  const options = { skipAttempt: true };
  await part(context, lease, () => backend.moveToDelayed(job_id, now(), wait, token, options));
}

async function part(context: Room, lease: Lease, move: () => Promise<unknown>): Promise<void> {
  lease.isEnding = true;
  try {
    await context.redis.ask(move);
    context.leases.remove(lease);
  } catch (error) {
    log.warning`task ${lease.task_id} could not be put back, it is let go: ${error}`;
    letGo(context, lease);
  }
}
