/** Puts together what a worker found: the answer first, then the rest, and plainly what failed. */
import type { CallResult } from "./reading.ts";
import { WHAT_I_AM } from "./small_talk.ts";
import type { WorkStep } from "./work_step.ts";
import { listed } from "./work_steps.ts";

/** How one step of a task came out. */
export type StepOutcome =
  | { readonly kind: "not understood"; readonly asked: string }
  | { readonly kind: "no tool"; readonly asked: string; readonly step: WorkStep }
  | {
    readonly kind: "done";
    readonly asked: string;
    readonly step: WorkStep;
    readonly results: readonly CallResult[];
  };

/** The result of a task. */
export function reportOf(outcomes: readonly StepOutcome[]): string {
  const told = outcomes.map(tell);
  if (told.length === 1) return told[0]!;
  return [headline(outcomes), "", ...told.map((text, index) => `${index + 1}. ${text}`)].join("\n");
}

/** Stands on its own: what was done, and what was not. */
function headline(outcomes: readonly StepOutcome[]): string {
  const names = (some: readonly StepOutcome[]) => listed(some.map(nameOf));
  const done = outcomes.filter(succeeded);
  const failed = outcomes.filter((outcome) => !succeeded(outcome));
  if (failed.length === 0) return `All ${done.length} steps are done: ${names(done)}.`;
  if (done.length === 0) {
    return `None of the ${failed.length} steps could be done: ${names(failed)}.`;
  }
  return `${done.length} of ${outcomes.length} steps could be done: ${names(done)}; not ${
    names(failed)
  }.`;
}

function nameOf(outcome: StepOutcome): string {
  return outcome.kind === "not understood" ? `"${outcome.asked}"` : outcome.step.title;
}

function tell(outcome: StepOutcome): string {
  if (outcome.kind === "not understood") {
    return `I could not do "${outcome.asked}": I do not understand it. ${WHAT_I_AM}`;
  }
  const { step } = outcome;
  if (outcome.kind === "no tool") {
    const deeds = listed(step.subjects.map((subject) => step.deed(subject)));
    return `I could not ${deeds}: the tool "${step.tool}" is not available to this task.`;
  }
  const lines = outcome.results.map((result, index) => {
    const subject = step.subjects[index] ?? "";
    return result.failed
      ? failure(step, subject, result.output)
      : step.tell(subject, result.output);
  });
  const comparison = step.compare ? compare(step, outcome.results) : undefined;
  return [...(comparison === undefined ? [] : [comparison]), ...lines].join("\n");
}

function succeeded(outcome: StepOutcome): boolean {
  return outcome.kind === "done" && outcome.results.every(({ failed }) => !failed);
}

function failure(step: WorkStep, subject: string, output: string): string {
  const reason = output.replace(/^error:\s*/i, "").replace(/^The tool "[^"]*" failed:\s*/, "")
    // The runtime's own words, which say nothing that the tool's do not.
    .replace(/\s*\(fetch failed\)(?=\.?$)/, "").trim().slice(0, 500);
  return `I could not ${step.deed(subject)}: ${reason.replace(/(?<![.!?])$/, ".")}`;
}

/** Which place is warmer, where every answer names a temperature in the same unit. */
function compare(step: WorkStep, results: readonly CallResult[]): string | undefined {
  if (results.length < 2) return undefined;
  const read = results.map(({ output, failed }, index) => {
    const found = failed ? null : /(-?\d+(?:\.\d+)?)\s*°\s*([CF])/.exec(output.replace("−", "-"));
    return { place: step.subjects[index]!, degrees: Number(found?.[1]), unit: found?.[2] };
  });
  const unit = read[0]!.unit;
  if (unit === undefined || read.some((each) => each.unit !== unit)) return undefined;
  const [warmest, ...rest] = read.toSorted((one, other) => other.degrees - one.degrees);
  const others = rest.map(({ place, degrees }) => `${place} ${degrees} °${unit}`).join(", ");
  return warmest!.degrees === rest[0]!.degrees
    ? `It is equally warm in ${warmest!.place} and ${rest[0]!.place} (${
      warmest!.degrees
    } °${unit}).`
    : `It is warmest in ${warmest!.place}: ${warmest!.degrees} °${unit}, against ${others}.`;
}
