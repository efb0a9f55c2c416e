/** `tasks doctor`: who is alive, what stands still and why, and whether what keeps the tasks is in order. */
import { probeDisk } from "../../disk/disk_probe.ts";
import { diskSpace } from "../../disk/disk_space.ts";
import type { Storage, StorageServer } from "../../storage.ts";
import { EXIT } from "../exit_code.ts";
import { jsonText } from "../json_text.ts";
import { checkClock } from "./doctor/clock.ts";
import { checkFileSystem, checkSpace } from "./doctor/disk_checks.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkLeftFiles } from "./doctor/left_files.ts";
import { checkModel } from "./doctor/model_server.ts";
import { checkPermissions } from "./doctor/permissions.ts";
import { renderReport, type Report } from "./doctor/render_report.ts";
import { checkServer } from "./doctor/server.ts";
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
  const { presence, queue, layout, server } = storage;
  const services = await presence.live();
  const outstanding = await queue.outstanding();
  const now = context.now();
  // The model server may take seconds to answer; the rest goes on meanwhile.
  const [model, place] = await Promise.all([
    checkModel(config, interrupted),
    server === undefined
      ? examineDirectory(context, services, now)
      : examineServer(server, services, storage, now),
  ]);
  const findings: Finding[] = [
    ...checkServices(services, outstanding),
    ...checkTools(services),
    ...server === undefined ? await checkLeftFiles(storage, now) : [],
    ...await checkTasks({ storage, services, now }),
    ...place,
    ...model,
  ];
  const where = server === undefined ? {} : { server: server.place };
  return { directory: layout.root, ...where, services, outstanding, findings };
}

async function examineServer(
  server: StorageServer,
  services: Report["services"],
  storage: Storage,
  now: number,
): Promise<Finding[]> {
  const warnings = await server.warnings();
  const clock = { name: `The clock of the server at ${server.place}`, now: await server.now() };
  return [
    ...checkServer(warnings, server.place),
    ...await checkClock(clock, services, storage, now),
  ];
}

async function examineDirectory(
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
    ...await checkClock({ name: "The disk's clock", now: probe.written }, services, storage, now),
  ];
}
