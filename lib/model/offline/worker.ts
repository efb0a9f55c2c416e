/** The offline model in the background: step after step, one tool's use at a time, then a report. */
import type { CallResult, Reading } from "./reading.ts";
import type { PlannedCall, Reply } from "./reply.ts";
import { splitSteps } from "./split_work.ts";
import { smallTalk, WHAT_I_AM } from "./small_talk.ts";
import { recogniseStep } from "./work_steps.ts";
import type { WorkStep } from "./work_step.ts";
import { reportOf, type StepOutcome } from "./work_report.ts";

const REMINDER = /^(?:please\s+)?remind\s+(?:me|the person|us)\s+(?:to|that|of|about)?\s*(.+)$/is;

/** What a worker says next: the first step that is not done, or the result of them all. */
export function workerReply(reading: Reading): Reply {
  const reminder = REMINDER.exec(reading.text)?.[1];
  if (reminder !== undefined) return { text: `Reminder: ${reminder.trim()}` };
  const unused = [...reading.results];
  const outcomes: StepOutcome[] = [];
  for (const asked of splitSteps(reading.text)) {
    const step = recogniseStep(asked);
    if (step === undefined) {
      outcomes.push({ asked, kind: "not understood" });
      continue;
    }
    const results = step.subjects.map((subject) => take(unused, step, subject));
    const open = step.subjects.filter((_, index) => results[index] === undefined);
    if (open.length === 0) {
      outcomes.push({ asked, kind: "done", step, results: results.filter((each) => !!each) });
    } else if (reading.tools.has(step.tool)) {
      return { calls: open.map((subject) => plan(reading, step, subject)) };
    } else outcomes.push({ asked, kind: "no tool", step });
  }
  const understood = outcomes.some(({ kind }) => kind !== "not understood");
  return { text: understood ? reportOf(outcomes) : smallTalk(reading.text) ?? refusal() };
}

function plan(reading: Reading, step: WorkStep, subject: string): PlannedCall {
  return { name: step.tool, args: step.args(subject, reading.tools.get(step.tool)) };
}

/**
 * The result of a call that was made for a subject, each used once. Only its value is compared: the
 * argument's name comes from a schema that the last request of a run no longer shows.
 */
function take(unused: CallResult[], step: WorkStep, subject: string): CallResult | undefined {
  const wanted = Object.values(step.args(subject, undefined));
  const at = unused.findIndex(({ name, args }) =>
    name === step.tool && wanted.every((value) => Object.values(args).includes(value))
  );
  return at < 0 ? undefined : unused.splice(at, 1)[0];
}

function refusal(): string {
  return `I could not do this: I do not understand the task. ${WHAT_I_AM}`;
}
