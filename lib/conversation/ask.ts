import { type ChatModel, type ModelAnswer, ModelError, type ModelRequest } from "../model/model.ts";
import { sleep } from "../sleep.ts";

/** Waits between the tries of one question, in milliseconds; a person is waiting too. */
const WAITS_MS = [500, 2_000];
/** A 429 that asks for longer than this is told to the person instead. */
const LONGEST_WAIT_MS = 10_000;

/** Waits, and no longer once the signal is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/**
 * Asks the model, once more after a short wait where the server was only busy or away and nothing
 * of an answer has been shown yet.
 *
 * @throws {ModelError} when it stays without an answer
 */
export async function ask(
  model: ChatModel,
  request: ModelRequest & {
    readonly signal: AbortSignal;
    /** Called before each pause, with its length in milliseconds. */
    readonly onRetry?: (wait_ms: number) => void;
  },
  wait: Sleep = sleep,
): Promise<ModelAnswer> {
  const { onRetry, ...asked } = request;
  for (let attempt = 0;; attempt++) {
    let shown = false;
    const onText = (piece: string) => {
      shown = true;
      request.onText?.(piece);
    };
    try {
      return await model.complete({ ...asked, onText });
    } catch (error) {
      const pause = shown ? undefined : waitAfter(error, attempt);
      if (pause === undefined || request.signal.aborted) throw error;
      onRetry?.(pause);
      await wait(pause, request.signal);
      if (!request.signal.aborted) continue;
      throw new ModelError("aborted", "stopped while waiting for the model", { cause: error });
    }
  }
}

function waitAfter(error: unknown, attempt: number): number | undefined {
  const wait = WAITS_MS[attempt];
  if (!(error instanceof ModelError) || wait === undefined) return undefined;
  if (error.kind === "unavailable") return Math.max(wait, within(error.retry_after_ms) ?? 0);
  return error.kind === "rate_limited" ? within(error.retry_after_ms ?? wait) : undefined;
}

function within(wait: number | undefined): number | undefined {
  return wait !== undefined && wait <= LONGEST_WAIT_MS ? wait : undefined;
}
