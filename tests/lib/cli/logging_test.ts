import { assert, assertEquals } from "@std/assert";
import { configure, getLogger, jsonLinesFormatter, type LogRecord, reset } from "@logtape/logtape";
import { configureLogging } from "../../../lib/cli/logging.ts";
import { literal } from "../../../lib/literal.ts";

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

/** What could act on a terminal: controls but the newline, and what reorders or hides text. */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const EVIL = "a\u001b[2Jb\u009b31mc\u009d0;d\u009c\u202ee\u2066f\u2028g\u061ch\ufeffi\u007fj";

/** What is written to standard error while something is logged. */
async function written(log_format: "json" | "pretty", logSomething: () => void): Promise<string> {
  const pieces: Uint8Array[] = [];
  const { writeSync } = Deno.stderr;
  Deno.stderr.writeSync = (bytes) => pieces.push(bytes.slice()) && bytes.length;
  try {
    await configureLogging({ log_level: "info", log_format, color: false });
    logSomething();
  } finally {
    Deno.stderr.writeSync = writeSync;
    await reset();
  }
  return new TextDecoder().decode(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

Deno.test("a log in JSON says all of a text, and nothing in it can act on a terminal", async () => {
  const line = await written("json", () => getLogger("bts").warn(literal(EVIL)));
  assertEquals(UNSAFE.exec(line.trimEnd()), null);
  assertEquals(JSON.parse(line).message, EVIL);
});

Deno.test("a pretty log shows a text and an error without what could act on a terminal", async () => {
  const line = await written("pretty", () => {
    getLogger("bts").warn`${EVIL} fails: ${new Error(EVIL)}`;
  });
  assertEquals(UNSAFE.exec(line.trimEnd()), null);
  assert(line.includes("abcefghij"), line);
});

Deno.test("a log in JSON has an error's words, in its message and among its properties", async () => {
  const error = new TypeError("no such place");
  const line = await written("json", () => {
    getLogger("bts").error("pending/ could not be read: {error}", { error });
  });
  const { message, properties } = JSON.parse(line);
  assert(message.includes("TypeError: no such place"), message);
  assertEquals(properties, { error: "TypeError: no such place" });
});
