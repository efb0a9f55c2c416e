/** The offline chat hands work to the background. */
import type { CallResult, Reading } from "./reading.ts";
import { parse } from "./reading.ts";
import type { PlannedCall, Reply } from "./reply.ts";
import { smallTalk, WHAT_I_AM } from "./small_talk.ts";
import { isOrdered, splitPieces, splitSteps } from "./split_work.ts";
import { findWhen, type When } from "./when.ts";
import { recogniseStep } from "./work_steps.ts";

export const SCHEDULE_TOOL = "schedule_background_task";

const BACKGROUND =
  /,?\s*\b(?:(?:in|into) (?:the )?background|as an? background (?:task|job)|(?:start|create|schedule|run|add) an? (?:new )?(?:background )?(?:task|job) (?:to|that|which|for)|while we talk)\b,?|^background\s*:/gi;
const COURTESY =
  /^(?:[\s,:;-]+|(?:please|kindly|hi|hello|hey|ok|okay|so|now|and|also)\b|(?:can|could|would|will) you\b|i(?:'d| would) like you to\b|i want you to\b|i need you to\b)+/i;
const REPEATED =
  /\b(?:every|each) (?:\d+ )?(?:second|minute|hour|day|morning|evening|night|week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b|\b(?:hourly|daily|weekly)\b/i;
/** Said of all that was asked for, and no work of its own. */
const MANNER =
  /,?\s*\b(?:at the same time|all at once|in parallel|side by side|simultaneously)\b/gi;
const ORDERED_START = /^(?:(?:run|start|do|schedule)\b)?\s*:\s*|^schedule\s+(?=\S)/i;
const FOLLOW_UP =
  /^(?:tell|show|let) (?:me|us) (?:know\b|what (?:it|they|you)\b|(?:the )?results?\b|when\b|how it\b)/i;
const REMINDER = /^remind me\b/i;
const MAX_TITLE = 80;
/** More tasks than this are not started by one sentence. */
const MAX_TASKS = 10;

interface Task {
  readonly title: string;
  readonly prompt: string;
}

/** Starts what the person wants done in the background or later; `undefined` where they do not. */
export function schedule(reading: Reading, now: number): Reply | undefined {
  const when = findWhen(reading.text, now);
  if (when === undefined && !isForBackground(reading.text)) return undefined;
  if (REPEATED.test(reading.text)) {
    return { text: `I cannot repeat tasks, only start one now or at one time. ${WHAT_I_AM}` };
  }
  const { tasks, unknown } = readTasks(bare(when?.rest ?? reading.text));
  if (tasks.length === 0) {
    return {
      text: `I started nothing: I do not understand "${unknown.join('", "')}". ${WHAT_I_AM}`,
    };
  }
  const results = reading.results.filter(({ name }) => name === SCHEDULE_TOOL);
  if (results.length === 0) return { calls: tasks.map((task) => plan(task, when)) };
  return { text: [...told(results, when), ...leftOut(unknown)].join("\n") };
}

/** Where somebody asks in the chat itself for what only a task can do. */
export function offerBackground(text: string): string | undefined {
  const words = bare(text).replace(/[?!.\s]+$/, "");
  return recogniseStep(words) === undefined
    ? undefined
    : `That takes a tool, and only background tasks have those. Say "yes", or "${words} in the background", and I start one.`;
}

/** Whether words got such an offer as their answer. */
export function wasOffered(text: string, now: number): boolean {
  return !isForBackground(text) && findWhen(text, now) === undefined &&
    offerBackground(text) !== undefined;
}

function isForBackground(text: string): boolean {
  BACKGROUND.lastIndex = 0;
  return BACKGROUND.test(text);
}

function bare(text: string): string {
  return text.replace(BACKGROUND, " ").replace(MANNER, "")
    .replace(/[ \t]+/g, " ").replace(/ (?=[,.?!:])/g, "").trim()
    .replace(COURTESY, "").replace(ORDERED_START, "").replace(COURTESY, "")
    // What a time that was taken out leaves behind, and courtesy at the end.
    .replace(/(?:[\s,]+(?:for|at|on))?[\s,]*(?=[.?!]*$)/i, "")
    .replace(/,?\s*\bplease(?=[.?!]*$)/gi, "")
    .trim();
}

function readTasks(text: string): { tasks: Task[]; unknown: string[] } {
  if (isOrdered(text)) {
    const understood = splitSteps(text).some((step) => recogniseStep(step) !== undefined);
    return understood
      ? { tasks: [{ title: titled(text), prompt: capital(text) }], unknown: [] }
      : { tasks: [], unknown: [shorten(text)] };
  }
  const tasks: Task[] = [];
  const unknown: string[] = [];
  for (const sentence of splitSteps(text)) {
    if (smallTalk(sentence) !== undefined) continue;
    const pieces = splitPieces(sentence).filter((piece) => !FOLLOW_UP.test(piece));
    const found = pieces.map((piece) => ({ piece, tasks: tasksOf(piece) }));
    for (const each of found) {
      if (each.tasks.length === 0) unknown.push(each.piece);
      else tasks.push(...each.tasks);
    }
  }
  return { tasks: tasks.slice(0, MAX_TASKS), unknown };
}

/** One task, or one for each place where a sentence names several. */
function tasksOf(piece: string): Task[] {
  if (REMINDER.test(piece)) return [{ title: titled(piece), prompt: capital(piece) }];
  const step = recogniseStep(piece);
  if (step === undefined) return [];
  if (step.prompt === undefined || step.compare || step.subjects.length < 2) {
    return [{ title: titled(step.title), prompt: capital(piece) }];
  }
  return step.subjects.map((subject) => ({
    title: titled(recogniseStep(step.prompt!(subject))?.title ?? subject),
    prompt: step.prompt!(subject),
  }));
}

function plan(task: Task, when: When | undefined): PlannedCall {
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

function leftOut(unknown: readonly string[]): string[] {
  return unknown.map((text) => `Not started, because I do not understand it: "${text}".`);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…`;
}

/** "the weather in Oslo" as a task's title: "Weather in Oslo". */
function titled(text: string): string {
  return capital(shorten(text.replace(/^the (?=\w)/i, "")));
}

function capital(text: string): string {
  if (/^\w+:\/\//.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
