/** What somebody has switched at BullMQ's queue, in a dashboard mostly, that keeps tasks from starting. */
import { type Finding, findingsOf } from "../finding.ts";

const { look, bad } = findingsOf("server");

/** @param meta the fields of BullMQ's own hash `meta` */
export function checkHeldBack(meta: Readonly<Record<string, string>>): Finding[] {
  const { paused, concurrency, max, duration } = meta;
  return [
    ...(paused === undefined ? [] : [
      bad(
        'The queue "tasks" is paused, so no task starts: resume it where it was paused (bull-board)',
      ),
    ]),
    ...(concurrency === undefined ? [] : [
      look(
        `The queue "tasks" lets ${concurrency} tasks run at once on all services together ` +
          "(global concurrency): remove it where it was set if that is not meant",
      ),
    ]),
    ...(max === undefined || duration === undefined ? [] : [
      look(
        `The queue "tasks" starts at most ${max} tasks in ${duration} ms (rate limit): remove it ` +
          "where it was set if that is not meant",
      ),
    ]),
  ];
}
