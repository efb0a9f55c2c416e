/** Standard input as the one who started this process uses it. */
import type { StopStages } from "./stop_stages.ts";

/** The exit code of a program that a Ctrl-C ended: a line is worth one. */
const INTERRUPTED = 130;

/** Each line counts as a signal, the end as the first one. Resolves at the end. */
export async function listenToInput(
  input: ReadableStream<Uint8Array>,
  stages: StopStages,
): Promise<void> {
  try {
    for await (const chunk of input) {
      for (const byte of chunk) if (byte === 10) stages.onOrder(INTERRUPTED);
    }
  } catch {
    // What cannot be read any more has ended.
  }
  stages.onGone();
}
