/**
 * What a run does next, decided from its journal alone. Pure, and the same whether the entries were
 * written a moment ago or by a process that died last week: resuming is no special case.
 */
import type { JournalEntry } from "../task/journal_entry.ts";
import type { TaskError, TaskRecord } from "../task/record.ts";
import { failuresOf, MAX_FAILURES_OF_A_CALL } from "./failing_calls.ts";
import { isLastChance, limitReached, type Limits } from "./limits.ts";
import { kindOfAnswer, readSteps, refusalOf, type Step, type StepCall } from "./steps.ts";

/** A cut answer is continued this often; then it is taken as it is, with a note. */
export const MAX_CONTINUATIONS = 4;

/** Stands at the end of a result that the model's output limit cut off. */
export const CUT_OFF_NOTE = "[The answer ends here: it reached the model's output limit.]";

export type NextAction =
  | { readonly kind: "complete"; readonly result: string }
  | { readonly kind: "fail"; readonly error: TaskError }
  /** Run these calls of the last step. */
  | {
    readonly kind: "call_tools";
    readonly step: Step;
    readonly calls: readonly StepCall[];
    /** The steps of this run before it. */
    readonly earlier: readonly Step[];
  }
  | {
    readonly kind: "ask_model";
    readonly steps: readonly Step[];
    /** No call can follow this one: the model must answer now, without tools. */
    readonly last_chance: boolean;
  };

/**
 * Decides the next action.
 *
 * @param record its run's number and limits
 */
export function nextAction(
  record: Limits & Pick<TaskRecord, "run">,
  entries: readonly JournalEntry[],
): NextAction {
  const steps = readSteps(entries);
  const own = steps.filter((step) => step.run === record.run);
  const last = steps.at(-1);
  const exhausted = limitReached(record, own);
  const settled = last && afterAnswer(last, steps, own, exhausted);
  if (settled !== undefined) return settled;
  if (exhausted !== undefined) return fail(exhausted);
  return { kind: "ask_model", steps, last_chance: isLastChance(record, own) };
}

/** What the last answer leads to; `undefined` where the model has to be asked (again). */
function afterAnswer(
  last: Step,
  steps: readonly Step[],
  own: readonly Step[],
  exhausted: TaskError | undefined,
): NextAction | undefined {
  // An answer that an earlier run failed of does not fail this one: a person asked for another try.
  const isOwn = own.at(-1) === last;
  switch (kindOfAnswer(last)) {
    case "final":
      return { kind: "complete", result: joinedText(steps) };
    case "tools":
      return afterToolCalls(last, isOwn ? own.slice(0, -1) : own, isOwn ? exhausted : undefined);
    case "blocked":
      return isOwn ? fail(blockedError(last)) : undefined;
    case "cut":
      return afterCutAnswer(steps, exhausted);
    case "empty":
      return afterEmptyAnswer(steps, own);
  }
}

function afterToolCalls(
  step: Step,
  earlier: readonly Step[],
  exhausted: TaskError | undefined,
): NextAction | undefined {
  const calls = step.calls.filter((call) => call.finished === undefined);
  if (calls.length === 0) return undefined;
  // Nobody would ever see what they answer.
  if (exhausted !== undefined) return fail(exhausted);
  const stuck = calls.find(({ request }) =>
    failuresOf(request, earlier).count > MAX_FAILURES_OF_A_CALL
  );
  if (stuck !== undefined) return fail(stuckError(stuck, earlier));
  return { kind: "call_tools", step, calls, earlier };
}

function afterCutAnswer(
  steps: readonly Step[],
  exhausted: TaskError | undefined,
): NextAction | undefined {
  const mayGoOn = cutParts(steps).length <= MAX_CONTINUATIONS && exhausted === undefined;
  return mayGoOn ? undefined : { kind: "complete", result: withCutOffNote(steps) };
}

function afterEmptyAnswer(steps: readonly Step[], own: readonly Step[]): NextAction | undefined {
  const before = steps.slice(0, -1);
  const previous = before.at(-1);
  if (previous === undefined) return undefined;
  // Asked to go on, the model had nothing to add.
  if (kindOfAnswer(previous) === "cut") {
    return { kind: "complete", result: withCutOffNote(before) };
  }
  const isSecond = own.length >= 2 && kindOfAnswer(previous) === "empty";
  return isSecond ? fail(EMPTY_ERROR) : undefined;
}

/** The text of the last answer, with the parts that it continues. */
function joinedText(steps: readonly Step[]): string {
  const last = steps.at(-1)?.answer.message.content ?? "";
  return [...cutParts(steps.slice(0, -1)), last].join("").trim();
}

function withCutOffNote(steps: readonly Step[]): string {
  return `${cutParts(steps).join("").trim()}\n\n${CUT_OFF_NOTE}`;
}

// The texts of the cut answers at the end, in order.
function cutParts(steps: readonly Step[]): string[] {
  const from = steps.findLastIndex((step) => kindOfAnswer(step) !== "cut") + 1;
  return steps.slice(from).map((step) => step.answer.message.content ?? "");
}

function fail(error: TaskError): NextAction {
  return { kind: "fail", error };
}

// The contract has no code of its own for these two; a model that will not do it comes closest.
const EMPTY_ERROR: TaskError = {
  code: "model_rejected",
  message: "The model answered twice in a row with neither text nor a tool call. " +
    "Retry the task, or give it another model.",
};

function blockedError({ answer }: Step): TaskError {
  const refusal = refusalOf(answer);
  return {
    code: "model_rejected",
    message: refusal === undefined
      ? "The model's content filter stopped its answer. Word the task differently and add it again."
      : `The model refused the task: ${refusal}`,
  };
}

// "step_limit": a run that repeats itself would get there, only later and at a higher price.
function stuckError({ request }: StepCall, earlier: readonly Step[]): TaskError {
  const { last_error } = failuresOf(request, earlier);
  return {
    code: "step_limit",
    message: `The model keeps repeating one failing call of the tool "${request.function.name}" ` +
      `although it was told to stop, so the run was ended early. The tool says: ${last_error}`,
  };
}
