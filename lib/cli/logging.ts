/** Where log lines go: standard error, pretty for people or as JSON lines for machines. */
import {
  configure,
  jsonLinesFormatter,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";
import { getPrettyFormatter } from "@logtape/pretty";
import type { Config } from "../config.ts";
import { harmlessJson } from "./json_text.ts";
import { sanitize } from "./sanitize.ts";

/** Sets up logging for this process. Called once, by an entry file. */
export async function configureLogging(
  config: Pick<Config, "log_level" | "log_format" | "color">,
): Promise<void> {
  const format = config.log_format === "json" ? harmlessLines : prettyFormatter(config.color);
  await configure({
    sinks: { stderr: (record) => write(format(record)) },
    loggers: [
      { category: "bts", lowestLevel: config.log_level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

const encoder = new TextEncoder();

function write(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stderr.writeSync(bytes.subarray(done));
  } catch {
    // Nobody reads the log any more (a closed pipe, a terminal that is gone): the work goes on.
  }
}

// A log in JSON may be looked at on a terminal too.
const harmlessLines: TextFormatter = (record) => harmlessJson(jsonLinesFormatter(worded(record)));

// As JSON an Error is {}: its words are what the line is about.
function worded(record: LogRecord): LogRecord {
  const properties = Object.entries(record.properties)
    .map(([name, value]) => [name, wordsOf(value)]);
  return {
    ...record,
    message: record.message.map(wordsOf),
    properties: Object.fromEntries(properties),
  };
}

function wordsOf(value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}

function prettyFormatter(colors: boolean): TextFormatter {
  const format = getPrettyFormatter({ timestamp: "time", colors, icons: false, wordWrap: false });
  return (record) => format(harmless(record));
}

// Titles and error texts come from models and other programs: no escape sequence of theirs may
// reach the terminal. JSON escapes them by itself.
function harmless(record: LogRecord): LogRecord {
  const clean = (value: unknown) => typeof value === "string" ? sanitize(value) : value;
  return { ...record, message: record.message.map((value) => clean(wordsOf(value))) };
}
