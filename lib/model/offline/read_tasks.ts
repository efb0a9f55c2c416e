/** Reads which tasks a person's words ask for, and which of the words are none. */
import { isOrdered, splitSteps } from "./split_work.ts";
import { smallTalk } from "./small_talk.ts";
import { namesNoPlace, recogniseStep } from "./work_steps.ts";

const BACKGROUND =
  /,?\s*\b(?:(?:in|into) (?:the )?background|as an? background (?:task|job)|(?:start|create|schedule|run|add) an? (?:new )?(?:background )?(?:task|job) (?:to|that|which|for)|(?:start|create|schedule|run|add) (?:the|these|some|two|three|four|five|\d+) background (?:tasks|jobs)|while we talk)\b,?|^background\s*:/gi;
const COURTESY =
  /^(?:[\s,:;-]+|(?:please|kindly|hi|hello|hey|ok|okay|so|now|and|also)\b|(?:can|could|would|will) you\b|i(?:'d| would) like you to\b|i want you to\b|i need you to\b)+/i;
/** Said of all that was asked for, and no work of its own. */
const MANNER =
  /,?\s*\b(?:at the same time|all at once|in parallel|side by side|simultaneously)\b/gi;
const ORDERED_START = /^(?:(?:run|start|do|schedule)\b)?\s*:\s*|^schedule\s+(?=\S)/i;
/** "Do three things: …"; what stands before the colon is no work. */
const HEADING =
  /^(?:do|run|start|schedule|make|perform|handle|execute|create|add|queue|launch|carry out|i (?:need|want|have)|here (?:are|is)|there are|give me|get me|the|these|this|following|all|both|an?|some|my|\d+|two|three|four|five|six|seven|eight|nine|ten)\b[^:\n]{0,80}?(?:(?<=\b(?:things?|tasks?|jobs?|these|this|those|following|steps?)\b[^:\n]{0,40})(?::|\s[-–—](?=\s)))\s*/i;
const REMINDER = /^remind me\b/i;
const MAX_TITLE = 80;
/** More tasks than this are not started by one message. */
const MAX_TASKS = 10;

/** A task as the offline chat starts it. */
export interface AskedTask {
  readonly title: string;
  readonly prompt: string;
}

/** What words ask for. */
export interface AskedTasks {
  readonly tasks: readonly AskedTask[];
  /** The parts that make no task, each with the reason, as a sentence. */
  readonly left_out: readonly string[];
}

/** Whether words hand work to the background. */
export function isForBackground(text: string): boolean {
  BACKGROUND.lastIndex = 0;
  return BACKGROUND.test(text);
}

/** The work alone, without what is said of how and when it is to be done. */
export function bareWork(text: string): string {
  return text.replace(BACKGROUND, " ").replace(MANNER, "")
    .replace(/[ \t]+/g, " ").replace(/ (?=[,.?!:])/g, "").trim()
    .replace(COURTESY, "").replace(HEADING, "").replace(ORDERED_START, "").replace(COURTESY, "")
    // What a time that was taken out leaves behind, and courtesy at the end.
    .replace(/(?:[\s,]+(?:for|at|on))?[\s,]*(?=[.?!]*$)/i, "")
    .replace(/,?\s*\bplease(?=[.?!]*$)/gi, "")
    .trim();
}

/** The tasks that bare words ask for: one for each piece of work, or one where an order is named. */
export function readTasks(text: string): AskedTasks {
  const pieces = splitSteps(text).filter((piece) => smallTalk(piece) === undefined);
  const unknown = pieces.filter((piece) => tasksOf(piece).length === 0);
  const known = pieces.filter((piece) => !unknown.includes(piece));
  const all = isOrdered(text) && known.length > 0
    ? [inOrder(unknown.length === 0 ? text : known.join(", then "))]
    : known.flatMap(tasksOf);
  return {
    tasks: all.slice(0, MAX_TASKS),
    left_out: [...unknown.map(notStarted), ...all.slice(MAX_TASKS).map(oneTooMany)],
  };
}

function inOrder(text: string): AskedTask {
  return { title: titled(text), prompt: capital(text) };
}

function notStarted(piece: string): string {
  const why = namesNoPlace(piece) ? "it names no place" : "I do not understand it";
  return `Not started, because ${why}: "${shorten(piece)}".`;
}

function oneTooMany({ title }: AskedTask): string {
  return `Not started, because one message starts at most ${MAX_TASKS} tasks: "${title}".`;
}

/** One task, or one for each place where a sentence names several. */
function tasksOf(piece: string): AskedTask[] {
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
