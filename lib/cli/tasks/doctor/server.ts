import { type Finding, findingsOf } from "./finding.ts";

/** How the server that keeps the tasks is set up. */
export function checkServer(warnings: readonly string[], place: string): Finding[] {
  const { ok, look } = findingsOf("server");
  if (warnings.length > 0) return warnings.map(look);
  return [ok(`The server at ${place} keeps what it acknowledges`)];
}
