import type { Outstanding } from "../../../queue/task_queue.ts";
import type { ServiceRecord } from "../../../task/service_record.ts";
import { type Finding, findingsOf } from "../../../upkeep/finding.ts";

type Tool = ServiceRecord["tools"][number];

/** Who is alive, and what is left without anybody; that no service runs is nothing by itself. */
export function checkServices(
  services: readonly ServiceRecord[],
  { due, running }: Outstanding,
): Finding[] {
  const { ok, look } = findingsOf("services");
  if (services.length > 0) {
    const places = services.reduce((sum, { concurrency }) => sum + concurrency, 0);
    const what = services.length === 1 ? "One service is" : `${services.length} services are`;
    return [ok(`${what} alive and can run ${places} ${places === 1 ? "task" : "tasks"} at a time`)];
  }
  return [
    ...(running === 0 ? [] : [
      look(
        `Running tasks (${running}) wait for a service to take them up again; start one ` +
          "with: deno task background",
      ),
    ]),
    ...(due === 0 ? [] : [
      look(`Tasks (${due}) are due and no service runs; start one with: deno task background`),
    ]),
  ];
}

/** Tools that a service has to do without although nobody switched them off. */
export function checkTools(services: readonly ServiceRecord[]): Finding[] {
  const { ok, look } = findingsOf("tools");
  const missing = services.flatMap(({ service_id, tools }) =>
    tools.filter((tool) => !tool.enabled && !isSwitchedOff(tool)).map(({ name, reason }) =>
      look(
        `Service ${service_id} runs without the tool "${name}": ${reason ?? "no reason given"}`,
      )
    )
  );
  if (services.length === 0 || missing.length > 0) return missing;
  return [ok("Every tool that is switched on can be used")];
}

/** Whether a tool is off because the operator wanted it so. */
export function isSwitchedOff({ name, off, reason }: Tool): boolean {
  // A service of an older program has no other word for it than the reason.
  return off ?? reason === `"${name}".enabled is false in tools.json`;
}
