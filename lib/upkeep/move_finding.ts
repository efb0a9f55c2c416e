import { type FoundMark, whyRefused } from "../task/move_mark.ts";
import { type Check, type Finding, findingsOf } from "./finding.ts";

/** What there is to say of the mark of a move, if there is one. */
export function moveFinding(
  check: Check,
  place: string,
  found: FoundMark | undefined,
): Finding[] {
  if (found === undefined) return [];
  const { look, bad } = findingsOf(check);
  const message = whyRefused(`start a service on ${place}`, found);
  return [found.alive ? look(message) : bad(message)];
}
