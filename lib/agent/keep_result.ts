import { formatObject } from "../task/json.ts";
import { MAX_RECORD_BYTES } from "../task/record.ts";
import type { AgentContext } from "./agent_context.ts";
import { cutEnd } from "./cut_text.ts";

/** Longer results are kept as an artifact, in UTF-16 units; the record gets their beginning. */
export const MAX_RESULT_LENGTH = 200_000;
/** What the record still gains besides its result, in bytes. */
const RECORD_SLACK_BYTES = 64 * 1024;

/**
 * The result as it goes into the record, which must stay under 1 MiB. A longer one becomes the
 * artifact `result.md`, and the record's result ends with a pointer to it.
 */
export async function keepResult(context: AgentContext, result: string): Promise<string> {
  const whole = result.toWellFormed();
  const room = MAX_RECORD_BYTES - RECORD_SLACK_BYTES - bytesOf(formatObject(context.run.record));
  const fits = (text: string) => bytesOf(JSON.stringify(text)) <= room;
  if (whole.length <= MAX_RESULT_LENGTH && fits(whole)) return whole;
  const bytes = new TextEncoder().encode(whole);
  const name = await context.artifacts.write("result", "task", "result.md", bytes);
  const pointer = `\n\n[… ${whole.length} characters in all; the whole is the artifact "${name}".]`;
  let length = Math.min(whole.length - 1, MAX_RESULT_LENGTH - pointer.length);
  while (length > 0 && !fits(cutEnd(whole, length) + pointer)) length = Math.floor(length / 2);
  return (cutEnd(whole, length) + pointer).trim();
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
