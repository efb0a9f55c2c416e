import { formatObject } from "../task/json.ts";
import { MAX_MESSAGE_LENGTH } from "../task/notification.ts";
import { MAX_RECORD_BYTES } from "../task/record.ts";
import type { AgentContext } from "./agent_context.ts";
import { resultDigest } from "./result_digest.ts";

/** Larger results are kept as a file, in bytes of UTF-8; the record gets a digest of it. */
export const MAX_RESULT_BYTES = 64 * 1024;
/** What the record still gains besides its result, in bytes. */
const RECORD_SLACK_BYTES = 64 * 1024;

/** A result as it goes into the record. */
export interface KeptResult {
  /** The text itself, or its digest. */
  readonly result: string;
  /** The artifact that holds the whole text where `result` is a digest. */
  readonly result_artifact?: string;
}

/**
 * Keeps a result: as it is, or, where it is large or the record (at most 1 MiB) has no room for it,
 * as the artifact `result.md` with a digest that fits into a notification.
 *
 * Doing it twice, as after a crash, changes nothing.
 */
export async function keepResult(context: AgentContext, text: string): Promise<KeptResult> {
  const { record } = context.run;
  const whole = text.toWellFormed();
  const room = MAX_RECORD_BYTES - RECORD_SLACK_BYTES - bytesOf(formatObject(record)).length;
  const fits = (result: string) => bytesOf(JSON.stringify(result)).length <= room;
  const bytes = bytesOf(whole);
  if (bytes.length <= MAX_RESULT_BYTES && fits(whole)) return { result: whole };
  const name = await context.artifacts.write("result", "task", "result.md", bytes);
  const path = `artifacts/${record.id}/${name}`;
  const digest = (limit: number) => resultDigest(whole, { path, size_bytes: bytes.length, limit });
  let limit = MAX_MESSAGE_LENGTH;
  while (limit > 0 && !fits(digest(limit))) limit = Math.floor(limit / 2);
  return { result: digest(limit), result_artifact: name };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
