/** The offline chat hands work to the background. */
import type { CallResult, Reading } from "./reading.ts";
import { parse } from "./reading.ts";
import { type AskedTask, bareWork, isForBackground, readTasks } from "./read_tasks.ts";
import type { PlannedCall, Reply } from "./reply.ts";
import { WHAT_I_DO } from "./small_talk.ts";
import { taskQuestion } from "./task_questions.ts";
import { findWhen, isRepeated, namesDay, namesVagueTime, type When } from "./when.ts";
import { namesNoPlace, recogniseStep } from "./work_steps.ts";

export const SCHEDULE_TOOL = "schedule_background_task";

const REMINDER = /^remind me\b/i;
const NO_REPEATING =
  'I cannot repeat tasks, only start one now or at one time, as in "tomorrow at 9, check the weather in Oslo".';
const NO_TIME =
  'When? I understand times like "in 10 minutes", "in 2 days", "at 15:00" and "tomorrow at 9".';

/** Starts what the person wants done in the background or later; `undefined` where they do not. */
export function schedule(reading: Reading, now: number): Reply | undefined {
  const { text } = reading;
  const work = bareWork(text);
  const when = findWhen(text, now);
  const is_planned = when !== undefined || isForBackground(text);
  const repeats = isRepeated(text);
  if (
    repeats === "said first" || (repeats && (is_planned || isWork(work) || REMINDER.test(work)))
  ) {
    return { text: NO_REPEATING };
  }
  // "Next Monday at 9:00" is another day than the clock alone means.
  const rest = when === undefined ? work : bareWork(when.rest);
  if (namesVagueTime(rest) || (when?.run_at !== undefined && namesDay(rest))) {
    return { text: NO_TIME };
  }
  if (!is_planned) return REMINDER.test(work) ? { text: NO_TIME } : undefined;
  return start(reading, when);
}

function start(reading: Reading, when: When | undefined): Reply | undefined {
  const work = bareWork(when?.rest ?? reading.text);
  if (work === "") return { text: `What shall I do then? ${WHAT_I_DO}` };
  const { tasks, left_out } = readTasks(work);
  if (tasks.length === 0) {
    // "What is running in the background?"
    if (when === undefined && taskQuestion(work) !== undefined) return undefined;
    const parts = left_out.length > 0
      ? left_out
      : [`Not started, because it asks for nothing: "${work}".`];
    return { text: [...parts, WHAT_I_DO].join("\n") };
  }
  const results = reading.results.filter(({ name }) => name === SCHEDULE_TOOL);
  if (results.length === 0) return { calls: tasks.map((task) => plan(task, when)) };
  return { text: [...told(results, when), ...left_out].join("\n") };
}

/** Where somebody asks in the chat itself for what only a task can do. */
export function offerBackground(text: string): string | undefined {
  const words = bareWork(text).replace(/[?!.\s]+$/, "");
  if (namesNoPlace(words)) {
    return 'For which place? Say for example "check the weather in Oslo in the background".';
  }
  return isWork(words)
    ? `That takes a tool, and only background tasks have those. Say "yes", or "${words} in the background", and I start one.`
    : undefined;
}

/** Whether words got such an offer as their answer. */
export function wasOffered(text: string, now: number): boolean {
  return !isForBackground(text) && findWhen(text, now) === undefined && !isRepeated(text) &&
    isWork(bareWork(text));
}

function isWork(words: string): boolean {
  return recogniseStep(words) !== undefined;
}

function plan(task: AskedTask, when: When | undefined): PlannedCall {
  const args = {
    title: task.title,
    prompt: task.prompt,
    ...(when?.run_at === undefined ? {} : { run_at: when.run_at }),
    ...(when?.delay_seconds === undefined ? {} : { delay_seconds: when.delay_seconds }),
  };
  return { name: SCHEDULE_TOOL, args };
}

function told(results: readonly CallResult[], when: When | undefined): string[] {
  const failures = results.filter(({ failed }) => failed);
  const names = results.filter(({ failed }) => !failed).map(({ output, args }) => {
    const { task_id, id = task_id, title } = parse(output) ?? {};
    const name = typeof title === "string" ? title : String(args.title);
    return typeof id === "string" ? `${name} (task ${id})` : name;
  });
  const start = when === undefined ? "Started in the background" : `Planned ${when.said.trim()}`;
  return [
    ...(names.length === 1 ? [`${start}: ${names[0]}. You will be told here when it ends.`] : []),
    ...(names.length > 1
      ? [`${start}: ${names.length} tasks. You will be told here as each ends.`]
      : []),
    ...(names.length > 1 ? names.map((name) => `- ${name}`) : []),
    ...failures.map(({ args, output }) =>
      `"${args.title}" could not be started: ${reason(output)}`
    ),
  ];
}

/** The words of a failed call. */
export function reason(output: string): string {
  const { error } = parse(output) ?? {};
  const words = typeof error === "string"
    ? error
    : error === undefined
    ? output
    : JSON.stringify(error);
  return words.replace(/^error:\s*/i, "").slice(0, 500);
}
