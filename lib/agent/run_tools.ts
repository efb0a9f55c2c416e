import { type AgentContext, mustStop } from "./agent_context.ts";
import { FirstSignal } from "./first_signal.ts";
import type { NextAction } from "./next_action.ts";
import { runToolCall } from "./run_tool_call.ts";

/** Calls of one answer that run at the same time. */
export const MAX_PARALLEL_CALLS = 8;

/**
 * Runs the open calls of an answer, several at a time. Once the run has to stop, those under way go
 * on to their end (or are broken off by a halt) and no other begins.
 *
 * All calls have ended when it resolves or throws: no tool outlives its run.
 *
 * @throws what kept an entry out of the journal or an artifact off the disk
 */
export async function runTools(
  context: AgentContext,
  { step, calls, earlier }: Extract<NextAction, { kind: "call_tools" }>,
): Promise<void> {
  const failed = new AbortController();
  using broken = new FirstSignal({ halted: context.halt.signal, failed: failed.signal });
  const waiting = calls.values();
  const work = async () => {
    for (const call of waiting) {
      if (mustStop(context) || failed.signal.aborted) return;
      await runToolCall(context, { step, call, earlier }, broken.signal).catch((error) => {
        failed.abort();
        throw error;
      });
    }
  };
  const workers = Array.from({ length: Math.min(MAX_PARALLEL_CALLS, calls.length) }, work);
  const ends = await Promise.allSettled(workers);
  const first = ends.find((end) => end.status === "rejected");
  if (first !== undefined) throw first.reason;
}
