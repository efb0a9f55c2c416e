import { isRecordTime } from "../../task/time.ts";

/**
 * When a job was made, milliseconds since the epoch, from what its hash says; 0 where that is no time.
 * Anybody may have written it, such as in nanoseconds.
 */
export function jobTime(timestamp: string | number): number {
  const time = Math.trunc(Number(timestamp));
  return isRecordTime(time) ? time : 0;
}
