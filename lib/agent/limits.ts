/** The budgets of a run: model calls and tokens. (Time is watched while the run goes on.) */
import type { TaskError, TaskRecord } from "../task/record.ts";
import type { Step } from "./steps.ts";

/** The fields of a record that limit its run. */
export type Limits = Pick<TaskRecord, "max_steps" | "max_tokens">;

/**
 * Which budget is used up, as the error that the task would fail of.
 *
 * A final answer is taken even when it went over `max_tokens`: it is paid for.
 *
 * @param own the steps of this run
 */
export function limitReached(limits: Limits, own: readonly Step[]): TaskError | undefined {
  if (own.length >= limits.max_steps) {
    return {
      code: "step_limit",
      message: `The task has no result after ${count(limits.max_steps, "model call")}, ` +
        `its max_steps. Retry it to go on from where it is, or add it again with a higher max_steps.`,
    };
  }
  const used = tokensOf(own);
  if (limits.max_tokens === undefined || used < limits.max_tokens) return undefined;
  return {
    code: "token_limit",
    message: `The task has no result after ${count(used, "token")}, its max_tokens is ` +
      `${limits.max_tokens}. Retry it to go on from where it is, or add it again with a higher max_tokens.`,
  };
}

/**
 * Whether the next model call is the last one that can be afforded: the last of `max_steps`, or
 * two more like the latest would not fit into `max_tokens` (each is dearer than the one before).
 */
export function isLastChance(limits: Limits, own: readonly Step[]): boolean {
  if (own.length + 1 >= limits.max_steps) return true;
  const latest = own.at(-1);
  if (limits.max_tokens === undefined || latest === undefined) return false;
  return limits.max_tokens - tokensOf(own) < 2 * tokensOf([latest]);
}

function tokensOf(steps: readonly Step[]): number {
  return steps.reduce(
    (sum, { answer: { usage } }) => sum + usage.input_tokens + usage.output_tokens,
    0,
  );
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
