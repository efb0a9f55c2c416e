/** Whether the clocks of this process, of where tasks are kept and of who else works there agree. */
import type { Storage } from "../../../open_storage.ts";
import type { ServiceRecord } from "../../../task/service_record.ts";
import { parseTime } from "../../../task/time.ts";
import { type Finding, findingsOf } from "../../../upkeep/finding.ts";
import type { PlaceClock } from "../../../upkeep/upkeep.ts";
import { duration } from "../../duration.ts";

const { ok, look } = findingsOf("clock");
/** Clocks that differ by less do no harm, in milliseconds. */
const TOLERANCE_MS = 60_000;

/** @param now this machine's, milliseconds since the epoch */
export async function checkClock(
  place: PlaceClock | undefined,
  services: readonly ServiceRecord[],
  { queue }: Pick<Storage, "queue">,
  now: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const apart = Math.abs(place?.ahead_ms ?? 0);
  if (apart > TOLERANCE_MS) {
    findings.push(
      look(
        `${place?.whose}'s clock and this machine's differ by ${duration(apart)}: ` +
          "set them by NTP, or waits and ages are wrong",
      ),
    );
  }
  for (const { service_id, started_at } of services) {
    const ahead = parseTime(started_at) - now;
    if (ahead < TOLERANCE_MS) continue;
    findings.push(
      look(
        `Service ${service_id} says that it starts in ${duration(ahead)}: the clock was set back`,
      ),
    );
  }
  // The list begins with what claims to be newest.
  const [newest] = await queue.list({ limit: 1, created_from: now + TOLERANCE_MS });
  if (newest !== undefined) {
    const ahead = duration(parseTime(newest.record.created_at) - now);
    findings.push(
      look(
        `Task ${newest.record.id} claims to be made in ${ahead}: its producer's clock is ahead, ` +
          "or this one was set back",
      ),
    );
  }
  return findings.length > 0 ? findings : [ok("The clocks agree")];
}
