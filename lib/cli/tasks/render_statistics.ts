/** Statistics as people read them. */
import type { ModelUsage } from "../../task/model_usage.ts";
import type { DayStatistics, Percentiles, Statistics } from "../../task/statistics.ts";
import { duration } from "../duration.ts";
import { renderFacts } from "../facts.ts";
import { sanitizeLine } from "../sanitize.ts";
import { type Column, renderColumns } from "../table.ts";
import type { OutputLook } from "../terminal.ts";

/** Days in the table; JSON has all of them. */
const DAYS = 14;

export function renderStatistics(
  statistics: Statistics,
  models: readonly ModelUsage[],
  look: OutputLook,
): string {
  const { days } = statistics;
  const rest = days.length - DAYS;
  return [
    renderFacts(factsOf(statistics), look),
    days.length === 0 ? "" : "\n" + renderColumns(days.slice(0, DAYS), DAY_COLUMNS, look),
    rest > 0 ? `… and ${rest} more ${rest === 1 ? "day" : "days"}: --json has them all\n` : "",
    models.length === 0 ? "" : "\n" + renderColumns(models, MODEL_COLUMNS, look),
  ].join("");
}

function factsOf(statistics: Statistics): [name: string, text: string][] {
  const { states, success_rate, attempts, usage, reruns } = statistics;
  const about = usage.estimated ? "about " : "";
  return [
    ["Tasks", counts(states)],
    [
      "Success",
      success_rate === null ? "none has ended" : `${percent(success_rate)}, cancelled ones apart`,
    ],
    ["Failures", counts(statistics.errors) || "none"],
    [
      "Ended",
      `${statistics.ended_last_hour} in the last hour, ` +
      `${statistics.ended_last_day} in the last 24 hours`,
    ],
    ["Picked up", percentilesText(statistics.pick_up_ms, "started")],
    ["Ran", percentilesText(statistics.run_ms, "ended after a start")],
    [
      "Attempts",
      `${attempts.retry} tried again, ${attempts.rate_limited} rate limited, ` +
      `${attempts.interrupted} interrupted, ${attempts.crashed} crashed, ${reruns} by hand`,
    ],
    [
      "Tokens",
      `${about}${grouped(usage.input_tokens)} in, ${grouped(usage.output_tokens)} out; ` +
      `${grouped(usage.model_calls)} model calls, ${grouped(usage.tool_calls)} tool calls`,
    ],
  ];
}

function counts(counted: Readonly<Record<string, number>>): string {
  return Object.entries(counted)
    .map(([name, count]) => `${grouped(count)} ${sanitizeLine(name)}`).join(", ");
}

// 99.96 % is not 100 %.
function percent(rate: number): string {
  return `${Math.floor(rate * 1000) / 10} %`;
}

function percentilesText(percentiles: Percentiles | null, what: string): string {
  if (percentiles === null) return `none ${what}`;
  const { p50, p90, p99, max } = percentiles;
  const words = [["p50", p50], ["p90", p90], ["p99", p99], ["max", max]] as const;
  return words.map(([name, value]) => `${name} ${latency(value)}`).join(", ");
}

function latency(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)}ms` : duration(milliseconds);
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}

const DAY_COLUMNS: readonly Column<DayStatistics>[] = [
  { head: "DAY", cell: ({ day }) => day },
  { head: "COMPLETED", cell: ({ completed }) => grouped(completed), align: "right" },
  { head: "FAILED", cell: ({ failed }) => grouped(failed), align: "right" },
  { head: "CANCELLED", cell: ({ cancelled }) => grouped(cancelled), align: "right", rank: 1 },
  { head: "TOKENS IN", cell: (day) => grouped(day.input_tokens), align: "right", rank: 2 },
  { head: "TOKENS OUT", cell: (day) => grouped(day.output_tokens), align: "right", rank: 3 },
];

const MODEL_COLUMNS: readonly Column<ModelUsage>[] = [
  { head: "MODEL", cell: ({ model }) => sanitizeLine(model), min: 12 },
  { head: "ANSWERS", cell: ({ answers }) => grouped(answers), align: "right", rank: 1 },
  { head: "TOKENS IN", cell: (usage) => tokens(usage, usage.input_tokens), align: "right" },
  { head: "TOKENS OUT", cell: (usage) => tokens(usage, usage.output_tokens), align: "right" },
];

function tokens({ estimated }: ModelUsage, count: number): string {
  return `${estimated ? "~" : ""}${grouped(count)}`;
}
