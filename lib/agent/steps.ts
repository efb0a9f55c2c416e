/**
 * A journal's entries as steps: one model answer each, with what became of its tool calls.
 *
 * Pure. Lines may be missing or doubled (a damaged disk): whatever is there is put together as far
 * as it goes, and what fits nowhere is left out.
 */
import type { JournalEntry, JournalEntryOf, ToolCallRequest } from "../task/journal_entry.ts";
import type { Usage } from "../task/record.ts";

export interface StepCall {
  readonly request: ToolCallRequest;
  /** Its place in the answer, from 1. */
  readonly number: number;
  /** The last start; absent where it never started. */
  readonly started: JournalEntryOf<"tool_started"> | undefined;
  /** What the model saw or will see; absent where the call has no end. */
  readonly finished: JournalEntryOf<"tool_finished"> | undefined;
}

export interface Step {
  readonly answer: JournalEntryOf<"model_answer">;
  /** The run of the task in which the model answered. */
  readonly run: number;
  readonly calls: readonly StepCall[];
}

/**
 * - `tools`: asks for tool calls.
 * - `final`: a text that the model ended by itself.
 * - `cut`: a text that ended at the model's output limit.
 * - `empty`: neither text nor tool calls.
 * - `blocked`: a content filter or the model's own refusal.
 */
export type AnswerKind = "tools" | "final" | "cut" | "empty" | "blocked";

/** What kind of answer a step holds. */
export function kindOfAnswer({ answer }: Step): AnswerKind {
  const { message, finish_reason } = answer;
  if (finish_reason === "content_filter") return "blocked";
  if ((message.tool_calls?.length ?? 0) > 0) return "tools";
  if ((message.content ?? "").trim() !== "") return finish_reason === "length" ? "cut" : "final";
  return refusalOf(answer) === undefined ? "empty" : "blocked";
}

/** The words with which a model declined to answer (chat-completions' `refusal`). */
export function refusalOf(answer: JournalEntryOf<"model_answer">): string | undefined {
  const refusal = answer.message["refusal"];
  return typeof refusal === "string" && refusal.trim() !== "" ? refusal : undefined;
}

/** The steps of a journal, over all runs, in order. */
export function readSteps(entries: readonly JournalEntry[]): Step[] {
  const answers = new Map<number, Pick<Step, "answer" | "run">>();
  const started = new Map<string, JournalEntryOf<"tool_started">>();
  const finished = new Map<string, JournalEntryOf<"tool_finished">>();
  for (const { entry, run } of withRuns(entries)) {
    if (entry.type === "model_answer") answers.set(entry.step, { answer: entry, run });
    if (entry.type === "tool_started") started.set(callKey(entry), entry);
    if (entry.type === "tool_finished" && !finished.has(callKey(entry))) {
      finished.set(callKey(entry), entry);
    }
  }
  return [...answers.values()].map(({ answer, run }) => ({
    answer,
    run,
    calls: (answer.message.tool_calls ?? []).map((request, index) => {
      const key = callKey({ step: answer.step, call_id: request.id });
      return {
        request,
        number: index + 1,
        started: started.get(key),
        finished: finished.get(key),
      };
    }),
  }));
}

/** The number of the next step: over every number in the journal, so that no key is used twice. */
export function nextStepNumber(entries: readonly JournalEntry[]): number {
  let highest = 0;
  for (const entry of entries) {
    if ("step" in entry && Number.isSafeInteger(entry.step)) {
      highest = Math.max(highest, entry.step as number);
    }
  }
  return highest + 1;
}

/** What one run of a task has used, over all its attempts. */
export function usageOf(entries: readonly JournalEntry[], run: number): Usage {
  const usage = {
    input_tokens: 0,
    output_tokens: 0,
    model_calls: 0,
    tool_calls: 0,
    estimated: false,
  };
  for (const { entry, run: entryRun } of withRuns(entries)) {
    if (entryRun !== run) continue;
    if (entry.type === "tool_finished") usage.tool_calls++;
    if (entry.type !== "model_answer") continue;
    usage.model_calls++;
    usage.input_tokens += entry.usage.input_tokens;
    usage.output_tokens += entry.usage.output_tokens;
    usage.estimated ||= entry.usage.estimated;
  }
  return usage;
}

// A call id alone is not enough: models repeat theirs from step to step.
function callKey(call: { readonly step: number; readonly call_id: string }): string {
  return `${call.step}/${call.call_id}`;
}

function* withRuns(
  entries: readonly JournalEntry[],
): Generator<{ entry: JournalEntry; run: number }> {
  let run = 1;
  for (const entry of entries) {
    if (entry.type === "attempt_started") run = entry.run;
    yield { entry, run };
  }
}
