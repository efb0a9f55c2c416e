/** The doctor's report as people read it. */
import type { Outstanding } from "../../../queue/task_queue.ts";
import type { ServiceRecord } from "../../../task/service_record.ts";
import { parseTime } from "../../../task/time.ts";
import type { Finding } from "../../../upkeep/finding.ts";
import { duration } from "../../duration.ts";
import { hanging } from "../../facts.ts";
import { NO_SERVICE } from "../../no_service.ts";
import { sanitizeLine } from "../../sanitize.ts";
import { type Column, renderColumns } from "../../table.ts";
import { type OutputLook, type Style, styled } from "../../terminal.ts";
import { wrapWords } from "../../word_wrap.ts";
import { isSwitchedOff } from "./services.ts";

type Tool = ServiceRecord["tools"][number];

export interface Report {
  /** What is this machine's own: conversations, and the tasks too where files are the queue. */
  readonly directory: string;
  /** Where tasks are kept: the directory, or a server. */
  readonly queue: string;
  readonly services: readonly ServiceRecord[];
  readonly outstanding: Outstanding;
  readonly findings: readonly Finding[];
}

/** What a tool without permissions may do. */
const NOTHING = "no permissions";

const LEVELS: readonly (readonly [level: Finding["level"], mark: string, style: Style])[] = [
  ["ok", "✓", "green"],
  ["look", "!", "yellow"],
  ["bad", "✗", "red"],
];

export function renderReport(report: Report, look: OutputLook, now: number): string {
  const { running, due, retrying, scheduled } = report.outstanding;
  const head = [
    ...(report.queue === report.directory ? [] : [`Queue: ${report.queue}`]),
    `Directory: ${report.directory}`,
    `Tasks: ${running} running, ${due} due, ${retrying} waiting for another attempt, ` +
    `${scheduled} for later`,
  ];
  const services = report.services.length === 0
    ? [wrapWords(NO_SERVICE, look.columns) + "\n"]
    : report.services.map((service) => renderService(service, look, now));
  return [
    head.map((line) => wrapWords(line, look.columns) + "\n").join(""),
    ...services,
    renderFindings(report.findings, look),
  ].join("\n");
}

function renderFindings(findings: readonly Finding[], look: OutputLook): string {
  const lines = LEVELS.flatMap(([level, mark, style]) =>
    findings.filter((finding) => finding.level === level).map(({ message }) => {
      return `${styled(look, style, mark)} ${hanging(sanitizeLine(message), 2, look.columns)}
`;
    })
  );
  const isWell = findings.every(({ level }) => level === "ok");
  return lines.join("") + (isWell ? styled(look, "green", "No problems found.") + "\n" : "");
}

function renderService(service: ServiceRecord, look: OutputLook, now: number): string {
  const { service_id, pid, host, concurrency, model, tools, started_at } = service;
  const since = duration(Math.max(0, now - parseTime(started_at)));
  const head = sanitizeLine(
    `Service ${service_id}: pid ${pid} on ${host}, up ${since}, model ${model}, ` +
      `${concurrency} at a time`,
  );
  return styled(look, "bold", wrapWords(head, look.columns)) + "\n" +
    (tools.length === 0 ? "  no tools\n" : renderColumns(tools, TOOL_COLUMNS, look, "  "));
}

const TOOL_COLUMNS: readonly Column<Tool>[] = [
  {
    head: "",
    cell: ({ enabled }) => enabled ? "✓" : "✗",
    style: ({ enabled }) => enabled ? "green" : "dim",
  },
  { head: "TOOL", cell: ({ name }) => sanitizeLine(name) },
  { head: "MAY", cell: (tool) => declared(tool) ? permissionText(tool) : "", min: 14, rank: 2 },
  { head: "EFFECTS", cell: (tool) => declared(tool) ? tool.effects : "", rank: 1 },
  {
    head: "",
    nothing: "",
    cell: ({ reason }) => sanitizeLine(reason ?? ""),
    min: 16,
    optional: true,
  },
];

// What cannot even be read has declared nothing; its record holds what is assumed of it.
function declared(tool: Tool): boolean {
  return tool.enabled || isSwitchedOff(tool) || permissionText(tool) !== NOTHING;
}

/** A tool's permissions in a few words. */
function permissionText({ permissions }: Tool): string {
  const words = Object.entries(permissions).flatMap(([name, value]) => {
    if (value === false || (Array.isArray(value) && value.length === 0)) return [];
    return [Array.isArray(value) ? `${name}=${value.join(",")}` : name];
  });
  return words.length === 0 ? NOTHING : sanitizeLine(words.join(" "));
}
