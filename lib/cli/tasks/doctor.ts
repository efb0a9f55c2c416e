/** `tasks doctor`: who is alive, what stands still and why, and whether the place is in order. */
import type { Finding } from "../../upkeep/finding.ts";
import { EXIT } from "../exit_code.ts";
import { jsonText } from "../json_text.ts";
import { checkClock } from "./doctor/clock.ts";
import { checkModel } from "./doctor/model_server.ts";
import { renderReport, type Report } from "./doctor/render_report.ts";
import { checkServices, checkTools } from "./doctor/services.ts";
import { checkTasks } from "./doctor/stuck_tasks.ts";
import { subcommand } from "./subcommand.ts";
import type { TasksContext } from "./tasks_context.ts";

export const doctor = subcommand({
  usage: "doctor",
  summary: "What is wrong or stands still, and the way out",
  details: "Exit code 1 when there is something to look at.",
  takes: { what: "nothing" },
  flags: [],
  parse: () => ({}),
  run: async ({ json }, context) => {
    const report = await examine(context);
    const problems = report.findings.filter(({ level }) => level !== "ok");
    context.terminal.out(
      json
        ? jsonText({ ...report, problems: problems.map(({ message }) => message) })
        : renderReport(report, context.terminal, context.now()),
    );
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
});

async function examine(context: TasksContext): Promise<Report> {
  const { storage, config, interrupted } = context;
  const { presence, queue, layout, upkeep } = storage;
  const services = await presence.live();
  const outstanding = await queue.outstanding();
  const now = context.now();
  // The model server may take seconds to answer; the rest goes on meanwhile.
  const [model, place] = await Promise.all([
    checkModel(config, interrupted),
    upkeep.examine({ services, now }),
  ]);
  const findings: Finding[] = [
    ...checkServices(services, outstanding),
    ...checkTools(services),
    ...place.findings,
    ...await checkTasks({ storage, services, now }),
    ...await checkClock(place.clock, services, storage, now),
    ...model,
  ];
  return { directory: layout.root, queue: upkeep.place, services, outstanding, findings };
}
