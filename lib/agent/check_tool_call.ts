/** Whether a call that the model asks for may go to its tool. */
import type { Effects } from "../sandbox/toolbox.ts";
import type { AgentRun } from "./agent_run.ts";
import { failuresOf, MAX_FAILURES_OF_A_CALL } from "./failing_calls.ts";
import { allowedTools } from "./offered_tools.ts";
import type { Step, StepCall } from "./steps.ts";

/** A call and where it stands. */
export interface CallInStep {
  readonly step: Step;
  readonly call: StepCall;
  /** The steps of this run before it. */
  readonly earlier: readonly Step[];
}

/** A call that may go to its tool, or the error text that the model gets instead. */
export type CheckedCall =
  | { readonly ok: true; readonly name: string; readonly args: unknown; readonly effects: Effects }
  | { readonly ok: false; readonly error: string };

/**
 * Checks a call: the tool is there and allowed, the call has not failed too often, its arguments are
 * JSON. Whether they fit the tool's parameters is for its toolbox to say.
 */
export function checkToolCall(
  { record, toolbox }: Pick<AgentRun, "record" | "toolbox">,
  { call, earlier }: CallInStep,
): CheckedCall {
  const { name, arguments: text } = call.request.function;
  const tools = allowedTools(toolbox.catalogue, record);
  const tool = tools.find((entry) => entry.name === name);
  if (tool === undefined) {
    const names = tools.map((entry) => entry.name).join(", ");
    return {
      ok: false,
      error: `There is no tool ${JSON.stringify(name)} for this task. ` +
        (names === "" ? "It has no tools at all: answer without." : `Its tools are: ${names}.`),
    };
  }
  const failures = failuresOf(call.request, earlier);
  if (failures.count >= MAX_FAILURES_OF_A_CALL) {
    return { ok: false, error: refusal(name, failures.count) };
  }
  const parsed = parseArguments(text);
  if (!parsed.ok) return { ok: false, error: argumentsError(name, parsed.reason) };
  return { ok: true, name, args: parsed.value, effects: tool.effects };
}

function refusal(name: string, count: number): string {
  return `Refused: this same call of "${name}" has failed ${count} times and was not run again. ` +
    "Change the arguments, take another way, or end the task and say honestly what did not work. " +
    "Calling it unchanged once more ends the task as failed.";
}

function argumentsError(name: string, reason: string): string {
  return `The arguments of "${name}" are not JSON (${reason}). It was not run. Send them as one ` +
    "JSON object; if your answer was cut off in the middle, send less at once.";
}

function parseArguments(
  text: string,
): { ok: true; value: unknown } | { ok: false; reason: string } {
  if (text.trim() === "") return { ok: true, value: {} }; // Many models send this for "none".
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
