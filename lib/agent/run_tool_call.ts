/** One tool call, from what the model asked for to what it will be told. */
import type { NewJournalEntry } from "../journal/journal.ts";
import type { Effects, ToolProcessInfo, ToolResult } from "../sandbox/toolbox.ts";
import type { AgentContext } from "./agent_context.ts";
import { type CallInStep, type CheckedCall, checkToolCall } from "./check_tool_call.ts";
import { keepOutput, makerOf, prefixOf } from "./keep_output.ts";

/**
 * Runs one call and journals its start and its end.
 *
 * The end is missing from the journal only where `signal` broke the call off; it is then taken up
 * like one that a crash has broken off.
 */
export async function runToolCall(
  context: AgentContext,
  position: CallInStep,
  signal: AbortSignal,
): Promise<void> {
  const { step, call } = position;
  const began = context.now();
  const made: string[] = [];
  const finish = async (result: ToolResult) => {
    const told = await keepOutput(context.artifacts, position, result, made);
    await context.journal.append({
      type: "tool_finished",
      step: step.answer.step,
      call_id: call.request.id,
      ...told,
      duration_ms: Math.max(0, context.now() - began),
      ...(made.length === 0 ? {} : { artifacts: [...new Set(made)] }),
    });
  };
  // It may have done its work: only the model can tell whether doing it again is right.
  if (call.started?.effects === "once") return await finish(OUTCOME_UNKNOWN);
  const checked = checkToolCall(context.run, position);
  if (!checked.ok) {
    await context.journal.append(startedEntry(position, "none"));
    return await finish(checked);
  }
  const result = await callTool(context, position, checked, made, signal);
  if (result !== undefined) await finish(result);
}

const OUTCOME_UNKNOWN: ToolResult = {
  ok: false,
  error:
    "This call was interrupted after it had started, and its outcome is unknown: it may have " +
    "taken effect or not. It was not repeated. Check first where you can, then decide whether to " +
    "call it again; if you cannot check, say so in the result.",
};

/** What the tool answers; `undefined` where it was broken off. */
async function callTool(
  context: AgentContext,
  position: CallInStep,
  checked: Extract<CheckedCall, { ok: true }>,
  made: string[],
  signal: AbortSignal,
): Promise<ToolResult | undefined> {
  const { step, call } = position;
  const { record, toolbox } = context.run;
  let started = false;
  const callbacks = new Callbacks();
  const result = await callbacks.finishing(toolbox.call({
    name: checked.name,
    args: checked.args,
    task_id: record.id,
    conversation_id: record.conversation_id,
    idempotency_key: `${record.id}/${step.answer.step}/${call.request.id}`,
    signal,
    onStarted: callbacks.guard(async (process: ToolProcessInfo) => {
      await context.journal.append(startedEntry(position, checked.effects, process));
      started = true;
    }),
    onArtifact: callbacks.guard(async (name: string, bytes: Uint8Array) => {
      const { artifacts } = context;
      const kept = await artifacts.write(makerOf(position), prefixOf(position), name, bytes);
      made.push(kept);
      return kept;
    }),
  }));
  if (!result.ok && signal.aborted) return undefined;
  if (!started) await context.journal.append(startedEntry(position, checked.effects));
  return result;
}

function startedEntry(
  { step, call }: CallInStep,
  effects: Effects,
  process?: ToolProcessInfo,
): NewJournalEntry {
  return {
    type: "tool_started",
    step: step.answer.step,
    call_id: call.request.id,
    name: call.request.function.name,
    arguments: call.request.function.arguments,
    effects,
    ...(process === undefined ? {} : {
      pid: process.pid,
      process_started_at: process.process_started_at,
      instance: process.instance,
    }),
  };
}

/**
 * What fails in our own callbacks (a full disk) is no error of the tool, but the toolbox may take it
 * for one and tell the model: so it is remembered here and thrown once the call has ended.
 */
class Callbacks {
  readonly #underWay = new Set<Promise<unknown>>();
  #failure: { readonly error: unknown } | undefined;

  guard<Args extends unknown[], Result>(
    work: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      const working = work(...args);
      this.#underWay.add(working);
      try {
        return await working;
      } catch (error) {
        // A RangeError is a bad name for an artifact: that one is the tool's.
        if (!(error instanceof RangeError)) this.#failure ??= { error };
        throw error;
      }
    };
  }

  /** The call's end, once everything has ended that it asked us for without waiting for it. */
  async finishing<Result>(call: Promise<Result>): Promise<Result> {
    const [end] = await Promise.allSettled([call]);
    await Promise.allSettled(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
    if (end.status === "rejected") throw end.reason;
    return end.value;
  }
}
