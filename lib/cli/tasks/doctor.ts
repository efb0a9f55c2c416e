/** `tasks doctor`: who is alive, what stands still and why, and whether the directory is in order. */
import { probeDisk } from "../../disk/disk_probe.ts";
import { diskSpace } from "../../disk/disk_space.ts";
import { EXIT } from "../exit_code.ts";
import { jsonText } from "../json_text.ts";
import { checkClock } from "./doctor/clock.ts";
import { checkFileSystem, checkSpace } from "./doctor/disk_checks.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkLeftFiles } from "./doctor/left_files.ts";
import { checkModel } from "./doctor/model_server.ts";
import { checkPermissions } from "./doctor/permissions.ts";
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
  const { presence, queue, layout } = storage;
  const services = await presence.live();
  const outstanding = await queue.outstanding();
  const now = context.now();
  // The model server may take seconds to answer; the rest goes on meanwhile.
  const [model, disk] = await Promise.all([
    checkModel(config, interrupted),
    examineDisk(context, services, now),
  ]);
  const findings: Finding[] = [
    ...checkServices(services, outstanding),
    ...checkTools(services),
    ...await checkLeftFiles(storage, now),
    ...await checkTasks({ storage, services, now }),
    ...disk,
    ...model,
  ];
  return { directory: layout.root, services, outstanding, findings };
}

async function examineDisk(
  { storage, config }: TasksContext,
  services: Report["services"],
  now: number,
): Promise<Finding[]> {
  const { disk, layout } = storage;
  const { root } = layout;
  const probe = await probeDisk(disk, layout);
  const space = diskSpace(root);
  return [
    ...checkPermissions(layout, probe.uid),
    ...checkSpace(space),
    ...checkFileSystem({ root, probe, space, durability: config.durability }),
    ...await checkClock(probe.written, services, storage, now),
  ];
}
