import { type ChatModel, type ModelAnswer, ModelError, type ModelRequest } from "../model/model.ts";

/** Waits between the tries of one question, in milliseconds; a person is waiting too. */
const WAITS_MS = [500, 2_000];
/** A 429 that asks for longer than this is told to the person instead. */
const LONGEST_WAIT_MS = 10_000;

/** Waits, or rejects with the signal's reason. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/**
 * Asks the model, once more after a short wait where the server was only busy or away and nothing
 * of an answer has been shown yet.
 *
 * @throws {ModelError} when it stays without an answer
 */
export async function ask(
  model: ChatModel,
  request: ModelRequest & { readonly signal: AbortSignal },
  sleep: Sleep = abortableSleep,
): Promise<ModelAnswer> {
  for (let attempt = 0;; attempt++) {
    let shown = false;
    const onText = (piece: string) => {
      shown = true;
      request.onText?.(piece);
    };
    try {
      return await model.complete({ ...request, onText });
    } catch (error) {
      const wait = shown ? undefined : waitAfter(error, attempt);
      if (wait === undefined || request.signal.aborted) throw error;
      await sleep(wait, request.signal).catch((cause) => {
        throw new ModelError("aborted", "stopped while waiting for the model", { cause });
      });
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

function abortableSleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
