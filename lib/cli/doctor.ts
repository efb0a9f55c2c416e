/** `tasks doctor`: who is alive, what its tools may do, and whether the directory is in order. */
import type { Outstanding } from "../queue/task_queue.ts";
import type { ServiceRecord } from "../task/service_record.ts";
import { parseTime } from "../task/time.ts";
import { duration } from "./duration.ts";
import { EXIT } from "./exit_code.ts";
import { jsonText } from "./json_text.ts";
import { NO_SERVICE } from "./open_conversation.ts";
import { sanitizeLine } from "./sanitize.ts";
import { styled, type Terminal } from "./terminal.ts";
import type { TasksContext } from "./tasks_context.ts";
import { padTo, widthOf } from "./text_width.ts";

interface Report {
  readonly directory: string;
  readonly services: readonly ServiceRecord[];
  readonly outstanding: Outstanding;
  /** What a person should look at; empty where all is well. */
  readonly problems: readonly string[];
}

/**
 * Prints the report; exit code 1 when there is a problem. That no service runs is none, nor that a
 * tool is left out: the operator may have wanted it so.
 */
export async function diagnose(json: boolean, context: TasksContext): Promise<number> {
  const report = await examine(context);
  context.terminal.out(json ? jsonText(report) : render(report, context.terminal, context.now()));
  return report.problems.length === 0 ? EXIT.ok : EXIT.failed;
}

async function examine({ storage }: TasksContext): Promise<Report> {
  const { presence, queue, layout } = storage;
  const services = await presence.live();
  const outstanding = await queue.outstanding();
  const problems = [
    ...await rejectedFiles(storage),
    ...(outstanding.running > 0 && services.length === 0
      ? [`Tasks in running/ (${outstanding.running}) wait for a service to take them up again`]
      : []),
  ];
  return { directory: layout.root, services, outstanding, problems };
}

async function rejectedFiles({ disk, layout }: TasksContext["storage"]): Promise<string[]> {
  const files = await disk.list(layout.rejected) ?? [];
  if (files.length === 0) return [];
  return [
    `Duplicates of ids that existed lie in ${layout.rejected} (${files.length}); ` +
    "look at them and remove them",
  ];
}

function render(report: Report, terminal: Terminal, now: number): string {
  const { running, due, retrying, scheduled } = report.outstanding;
  const lines = [
    `Directory: ${report.directory}`,
    `Tasks: ${running} running, ${due} due, ${retrying} waiting for another attempt, ` +
    `${scheduled} for later`,
    "",
    ...(report.services.length === 0
      ? [NO_SERVICE]
      : report.services.flatMap((service) => serviceLines(service, terminal, now))),
    "",
    ...(report.problems.length === 0
      ? [styled(terminal, "green", "No problems found.")]
      : report.problems.map((text) => styled(terminal, "yellow", `! ${sanitizeLine(text)}`))),
  ];
  return lines.join("\n") + "\n";
}

function serviceLines(service: ServiceRecord, terminal: Terminal, now: number): string[] {
  const { service_id, pid, host, concurrency, model, tools, started_at } = service;
  const since = duration(Math.max(0, now - parseTime(started_at)));
  const head = `Service ${service_id}: pid ${pid} on ${host}, up ${since}, model ${model}, ` +
    `${concurrency} at a time`;
  const rows = tools.map((tool) =>
    [
      tool.enabled ? "✓" : "✗",
      tool.name,
      permissionText(tool.permissions),
      tool.effects,
      tool.reason ?? "",
    ].map(sanitizeLine)
  );
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...rows.map((row) => widthOf(row[i] ?? ""))));
  return [
    styled(terminal, "bold", sanitizeLine(head)),
    ...(rows.length === 0
      ? ["  no tools"]
      : rows.map((row) =>
        `  ${row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join("  ")}`.trimEnd()
      )),
  ];
}

/** A tool's permissions in a few words. */
function permissionText(permissions: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(permissions).flatMap(([name, value]) => {
    if (value === false || (Array.isArray(value) && value.length === 0)) return [];
    return [Array.isArray(value) ? `${name}=${value.join(",")}` : name];
  });
  return words.length === 0 ? "no permissions" : words.join(" ");
}
