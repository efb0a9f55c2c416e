/** Rebuilds from the steps of a journal the conversation that the model sees. Pure. */
import type { ChatMessage } from "../model/model.ts";
import { type AnswerKind, kindOfAnswer, type Step, type StepCall } from "./steps.ts";

/** Asks for the rest of an answer that ended at the output limit. */
export const CONTINUE_NOTE =
  "Your answer was cut off at the length limit. Go on exactly where it ends, without repeating anything.";

/** Asks again after an empty answer. */
export const EMPTY_NOTE =
  "Your last answer was empty. Go on with the task: call a tool, or write the result.";

/**
 * The messages of the next request.
 *
 * Every tool call gets its answer even where the journal lost it, and user and assistant keep
 * taking turns: many servers refuse anything else.
 *
 * @param system the system message
 * @param prompt the task's own words
 */
export function requestMessages(
  system: string,
  prompt: string,
  steps: readonly Step[],
): ChatMessage[] {
  return [
    { role: "system", content: system },
    { role: "user", content: prompt },
    ...steps.flatMap((step) => MESSAGES_OF[kindOfAnswer(step)](step)),
  ];
}

const MESSAGES_OF: Record<AnswerKind, (step: Step) => ChatMessage[]> = {
  tools: (step) => [step.answer.message, ...step.calls.map(toolMessage)],
  cut: (step) => [step.answer.message, { role: "user", content: CONTINUE_NOTE }],
  empty: () => [
    { role: "assistant", content: "(empty answer)" },
    { role: "user", content: EMPTY_NOTE },
  ],
  // What a filter stopped would be stopped again.
  blocked: () => [],
  final: (step) => [step.answer.message],
};

/**
 * A tool's answer as the model sees it. The role "tool" is the frame, and the system message says
 * what it means; an error says that it is one, so that no output can pass for it by accident.
 */
function toolMessage({ request, finished }: StepCall): ChatMessage {
  return { role: "tool", tool_call_id: request.id, content: contentOf(finished) };
}

function contentOf(finished: StepCall["finished"]): string {
  if (finished === undefined) return "Error: the result of this call was lost.";
  if (finished.error !== undefined) return `Error: ${finished.error}`;
  return finished.output || "(no output)";
}
