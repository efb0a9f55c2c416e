/** `tasks doctor`: who is alive, what its tools may do, and whether the directory is in order. */
import { join } from "@std/path";
import type { Outstanding } from "../queue/task_queue.ts";
import { RECORD_VERSION } from "../task/record.ts";
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

type Tool = ServiceRecord["tools"][number];

/** What a tool without permissions may do. */
const NOTHING = "no permissions";

interface Report {
  readonly directory: string;
  readonly services: readonly ServiceRecord[];
  readonly outstanding: Outstanding;
  /** What a person should look at; empty where all is well. */
  readonly problems: readonly string[];
}

/** Of waiting tasks at most so many are read, the newest, to find what no service here will take. */
const PENDING_READ = 1_000;

/**
 * Prints the report; exit code 1 when there is a problem. That no service runs is none, nor that a
 * tool is off by what tools.json says or does not say: the operator wanted it so.
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
    ...services.flatMap(leftOutTools),
    ...await leftPending(storage),
    ...await rejectedFiles(storage),
    ...(outstanding.running > 0 && services.length === 0
      ? [`Tasks in running/ (${outstanding.running}) wait for a service to take them up again`]
      : []),
  ];
  return { directory: layout.root, services, outstanding, problems };
}

function leftOutTools({ service_id, tools }: ServiceRecord): string[] {
  return tools.filter((tool) => !tool.enabled && !isSwitchedOff(tool)).map(({ name, reason }) =>
    `Service ${service_id} runs without the tool "${name}": ${reason ?? "no reason given"}`
  );
}

// A service of an older program has no other word for it than the reason.
function isSwitchedOff({ name, reason, off }: Tool): boolean {
  return off ?? reason === `"${name}".enabled is false in tools.json`;
}

/** What lies in pending/ and is left there by every service of this version. */
async function leftPending({ disk, layout, queue }: TasksContext["storage"]): Promise<string[]> {
  const pending = layout.state("pending");
  const strange = (await disk.list(pending) ?? []).filter(({ name, kind }) =>
    kind !== "file" && name.endsWith(".json") && !name.startsWith(".")
  );
  const waiting = await queue.list({ states: ["pending"], limit: PENDING_READ });
  const newer = waiting.filter(({ record }) => record.version > RECORD_VERSION);
  return [
    ...strange.map(({ name }) =>
      `"${join(pending, name)}" is left where it is: it is no regular file; move it away`
    ),
    ...newer.map(({ record: { id, version } }) =>
      `Task ${id} is left in pending/: its version ${version} is newer than this program; ` +
      "run it with a newer one"
    ),
  ];
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
  return [
    styled(terminal, "bold", sanitizeLine(head)),
    ...(tools.length === 0 ? ["  no tools"] : toolTable(tools, terminal)),
  ];
}

function toolTable(tools: readonly Tool[], terminal: Terminal): string[] {
  const rows = [["", "TOOL", "MAY", "EFFECTS", ""], ...tools.map(toolRow)];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  return rows.map((row, index) => {
    const line = `  ${row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join("  ")}`.trimEnd();
    return index === 0 ? styled(terminal, "dim", line) : line;
  });
}

function toolRow(tool: Tool): string[] {
  const { name, enabled, permissions, effects, reason } = tool;
  const may = permissionText(permissions);
  // What cannot even be read has declared nothing; its record holds what is assumed of it.
  const declared = enabled || isSwitchedOff(tool) || may !== NOTHING;
  return [
    enabled ? "✓" : "✗",
    name,
    declared ? may : "–",
    declared ? effects : "–",
    reason ?? "",
  ].map(sanitizeLine);
}

/** A tool's permissions in a few words. */
function permissionText(permissions: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(permissions).flatMap(([name, value]) => {
    if (value === false || (Array.isArray(value) && value.length === 0)) return [];
    return [Array.isArray(value) ? `${name}=${value.join(",")}` : name];
  });
  return words.length === 0 ? NOTHING : words.join(" ");
}
