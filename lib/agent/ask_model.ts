/** One model call, with the short waits that a busy server asks for. */
import { type ModelAnswer, ModelError, type ModelRequest } from "../model/model.ts";
import type { TaskError } from "../task/record.ts";
import { backoffDelay } from "../task/retry_policy.ts";
import { type AgentContext, mustStop } from "./agent_context.ts";
import type { RunEnding } from "./agent_run.ts";
import { FirstSignal } from "./first_signal.ts";

/** Waits for a rate limit are waited out in place up to this long in one step, in milliseconds. */
export const MAX_WAIT_MS = 15_000;
/** A 429 this often in one step is no short wait any more, however small the waits were. */
const MAX_RATE_LIMITS = 8;
/** Added to a server's Retry-After at most, so that a crowd does not come back at one instant. */
const MAX_JITTER_MS = 1_000;

export type Asked =
  | { readonly kind: "answered"; readonly answer: ModelAnswer; readonly duration_ms: number }
  /** The run ends here. */
  | { readonly kind: "ended"; readonly ending: RunEnding }
  /** The run was halted or the service stops, and nothing was answered. */
  | { readonly kind: "stopped" };

/**
 * Asks the model once; after a 429 with a short wait again.
 *
 * A call under way is broken off by a halt only. While waiting, a stop of the service is enough.
 *
 * @throws what is no ModelError
 */
export async function askModel(context: AgentContext, request: ModelRequest): Promise<Asked> {
  let patience = MAX_WAIT_MS;
  for (let attempt = 1;; attempt++) {
    const paused = await waitUntilReady(context, patience);
    if (mustStop(context)) return { kind: "stopped" };
    if (paused.timedOut) return ended(rateLimited(PAUSE_TOO_LONG, MAX_WAIT_MS));
    patience -= paused.ms;

    const began = context.now();
    const answer = await complete(context, request);
    if (!(answer instanceof ModelError)) {
      return { kind: "answered", answer, duration_ms: Math.max(0, context.now() - began) };
    }
    if (answer.kind !== "rate_limited") return afterError(context, answer);

    const wait = rateLimitWait(answer, attempt, context.random());
    context.run.onRateLimited?.(context.now() + wait);
    if (mustStop(context)) return { kind: "stopped" };
    if (wait > patience || attempt >= MAX_RATE_LIMITS) {
      return ended(rateLimited(answer.message, answer.retry_after_ms ?? MAX_WAIT_MS));
    }
    patience -= wait;
    await sleep(context, wait);
    if (mustStop(context)) return { kind: "stopped" };
  }
}

async function complete(
  { run, halt }: AgentContext,
  request: ModelRequest,
): Promise<ModelAnswer | ModelError> {
  try {
    return await run.model.complete({ ...request, signal: halt.signal });
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

function afterError(context: AgentContext, error: ModelError): Asked {
  if (error.kind === "rejected") {
    return ended({ kind: "failed", error: { code: "model_rejected", message: error.message } });
  }
  // A call that fails while everything is being shut down says nothing about the model.
  if (mustStop(context)) return { kind: "stopped" };
  if (error.kind === "aborted") {
    throw new Error("The model call was aborted, but nobody asked for that.", { cause: error });
  }
  return ended({
    kind: "retry",
    error: unavailable(error.message),
    uses_attempt: true,
    ...(error.retry_after_ms === undefined ? {} : { retry_after_ms: error.retry_after_ms }),
  });
}

const PAUSE_TOO_LONG = "The model's rate limit holds back all tasks of this service for now.";

function rateLimited(message: string, retry_after_ms: number): RunEnding {
  return { kind: "retry", error: unavailable(message), uses_attempt: false, retry_after_ms };
}

function unavailable(message: string): TaskError {
  return { code: "model_unavailable", message };
}

function ended(ending: RunEnding): Asked {
  return { kind: "ended", ending };
}

function rateLimitWait(error: ModelError, attempt: number, random: number): number {
  const own = backoffDelay(attempt, random);
  return error.retry_after_ms === undefined
    ? own
    : error.retry_after_ms + Math.min(own, MAX_JITTER_MS);
}

/** The service's own pause; over as soon as the run has to stop or `patience` has run out. */
async function waitUntilReady(
  { run, halt, now }: AgentContext,
  patience: number,
): Promise<{ ms: number; timedOut: boolean }> {
  if (run.ready === undefined) return { ms: 0, timedOut: false };
  const began = now();
  using over = new FirstSignal<"halted" | "stopping" | "timedOut">(
    { halted: halt.signal, stopping: run.signals.stopping },
    { cause: "timedOut", ms: Math.max(patience, 1) },
  );
  try {
    await run.ready(over.signal);
  } catch (error) {
    if (!over.signal.aborted) throw error;
  }
  return { ms: Math.max(0, now() - began), timedOut: over.cause === "timedOut" };
}

async function sleep({ run, halt }: AgentContext, ms: number): Promise<void> {
  using over = new FirstSignal<"halted" | "stopping" | "elapsed">(
    { halted: halt.signal, stopping: run.signals.stopping },
    { cause: "elapsed", ms },
  );
  await over.fired;
}
