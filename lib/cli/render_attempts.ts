/** The attempts of a task as a table. */
import type { AttemptRecord, TaskRecord } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { duration } from "./duration.ts";
import { sanitizeLine } from "./sanitize.ts";
import { type Column, renderColumns } from "./table.ts";
import type { OutputLook, Style } from "./terminal.ts";

const OUTCOME_STYLES: Readonly<Record<string, Style>> = { completed: "green", failed: "red" };

const ATTEMPT_COLUMNS: readonly Column<AttemptRecord>[] = [
  { head: "RUN", cell: ({ run }) => String(run), rank: 2 },
  { head: "TRY", cell: ({ attempt }) => String(attempt) },
  { head: "STARTED", cell: ({ started_at }) => sanitizeLine(started_at), rank: 3 },
  { head: "TOOK", cell: attemptTook },
  {
    head: "OUTCOME",
    cell: ({ outcome }) => outcome ?? "open",
    style: ({ outcome }) => OUTCOME_STYLES[outcome ?? ""],
  },
  { head: "SERVICE", cell: ({ service_id }) => sanitizeLine(service_id), rank: 4 },
  { head: "ERROR", cell: ({ error }) => sanitizeLine(error?.message ?? ""), min: 20, rank: 1 },
];

function attemptTook({ duration_ms, started_at, ended_at }: AttemptRecord): string {
  if (duration_ms !== undefined) return duration(duration_ms);
  if (ended_at === undefined) return "";
  return duration(Math.max(0, parseTime(ended_at) - parseTime(started_at)));
}

/** One line an attempt; `undefined` for a single one: the record tells all of it already. */
export function renderAttempts(
  { attempts }: TaskRecord,
  look: OutputLook,
): string | undefined {
  if (attempts === undefined || attempts.length < 2) return undefined;
  return renderColumns(attempts, ATTEMPT_COLUMNS, look, "  ").trimEnd();
}
