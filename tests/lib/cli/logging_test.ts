import { assertEquals } from "@std/assert";
import { configure, getLogger, jsonLinesFormatter, type LogRecord, reset } from "@logtape/logtape";
import { literal } from "../../../lib/cli/logging.ts";

Deno.test("literal() keeps braces that a log message would take for placeholders", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { kept: (record) => records.push(record) },
    loggers: [
      { category: "literal", lowestLevel: "info", sinks: ["kept"] },
      { category: ["logtape", "meta"], lowestLevel: "fatal", sinks: [] },
    ],
    reset: true,
  });
  const sentence = 'add {"env":["HOME"]} to "get_weather".allow there, {} and {x} stay';
  try {
    getLogger("literal").warn(literal(sentence));
  } finally {
    await reset();
  }
  assertEquals(JSON.parse(jsonLinesFormatter(records[0]!)).message, sentence);
});
