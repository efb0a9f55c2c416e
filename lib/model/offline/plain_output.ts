import { asObject } from "../protocol_break.ts";

/** Longer outputs are cut in a result, in UTF-16 units. */
const MAX_LENGTH = 3_000;
/** Fields in which tools put their answer for people. */
const TELLING = ["summary", "text", "result", "answer", "time", "content"];

/** A tool's output as text for people: a JSON object becomes its telling field, or "name: value". */
export function plainOutput(output: string): string {
  return cutOutput(told(output));
}

/** A file's text is shown as it is, whatever it looks like. */
export function cutOutput(output: string): string {
  const text = output.trim();
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH).toWellFormed()} …`;
}

function told(output: string): string {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return output;
  }
  if (Array.isArray(value)) return value.map((each) => tell(each)).join("\n");
  const object = asObject(value);
  // A number stays as it is written: a double would change the digits of a long one.
  if (object === undefined) return typeof value === "string" ? value : output;
  const telling = TELLING.map((name) => object[name])
    .find((each) => typeof each === "string" || typeof each === "number");
  if (telling !== undefined) return String(telling);
  return Object.entries(object).map(([name, each]) => `${name}: ${tell(each)}`).join(", ");
}

function tell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
