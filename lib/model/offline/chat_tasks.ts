/** The offline chat looks after tasks: lists, tells of one, cancels, has them done again. */
import { argumentName } from "./arguments.ts";
import { reason } from "./chat_schedule.ts";
import type { CallResult, Reading } from "./reading.ts";
import type { Reply } from "./reply.ts";
import { tellCancelled, tellRetried, tellTask } from "./task_answers.ts";
import { looseQuestion, taskQuestion } from "./task_questions.ts";
import {
  isOpen,
  type KnownTask,
  listedTasks,
  meansAll,
  meansIt,
  meantTasks,
  newestTogether,
  taskLine,
  taskLines,
} from "./task_words.ts";

const LIST_TOOL = "list_background_tasks";
const GET_TOOL = "get_background_task";
const CANCEL_TOOL = "cancel_background_task";
const RETRY_TOOL = "retry_background_task";
/** Running tasks that are looked at one by one for their activity. */
const MAX_LOOKED_AT = 10;
/** Ended tasks that are told of where none in particular is asked about. */
const MAX_ENDED = 5;

/** Answers what is asked about tasks; `undefined` where nothing is. */
export function lookAfterTasks(reading: Reading): Reply | undefined {
  const question = taskQuestion(reading.text);
  switch (question?.kind) {
    case "result":
      return tellResult(reading, question.target, question.about);
    case "retry":
      return retryTasks(reading, question.target);
    case "cancel":
      return cancelTasks(reading, question.target);
    case "status":
      return tellStatus(reading, question.target);
    case "activity":
      return tellActivity(reading);
    case "list":
      return tellList(reading, question.target);
    default:
      return undefined;
  }
}

/** Words that may name a task where nothing else fits: "and Rome?". */
export function lookForTask(reading: Reading): Reply | undefined {
  const target = looseQuestion(reading.text);
  return target === undefined ? undefined : tellStatus(reading, target);
}

/** What each running task does, and which ones wait. */
function tellActivity(reading: Reading): Reply {
  return withTasks(reading, (tasks) => {
    const open = tasks.filter(isOpen);
    if (open.length === 0) return { text: `Nothing is running.${lastEnded(tasks)}` };
    const got = answersOf(reading, GET_TOOL);
    const running = open.filter(({ state }) => state === "running").slice(0, MAX_LOOKED_AT);
    if (got.length === 0 && running.length > 0) return callAbout(reading, GET_TOOL, running);
    const others = open.filter((task) => !running.includes(task)).map(taskLine);
    return { text: [...got.map((result) => `- ${tellTask(result)}`), ...others].join("\n") };
  });
}

function tellList(reading: Reading, text: string): Reply {
  return withTasks(reading, (tasks) => {
    const state = /\b(pending|waiting|running|active|open|failed|completed|finished|ended|done)\b/i
      .exec(text)?.[1]?.toLowerCase();
    const shown = tasks.filter((task) => isIn(task, state));
    if (shown.length > 0) return { text: shown.map(taskLine).join("\n") };
    if (state === "running") return { text: `Nothing is running.${lastEnded(tasks)}` };
    return { text: `There are no ${state === undefined ? "" : `${state} `}tasks.` };
  });
}

function lastEnded(tasks: readonly KnownTask[]): string {
  const ended = tasks.filter((task) => !isOpen(task)).slice(0, 3);
  return ended.length === 0 ? "" : ` Ended last:${taskLines(ended)}`;
}

/** "Running" in a question means whatever has not ended. */
function isIn(task: KnownTask, state: string | undefined): boolean {
  if (state === undefined) return true;
  if (["running", "active", "open"].includes(state)) return isOpen(task);
  const meant: Record<string, string> = {
    waiting: "pending",
    finished: "completed",
    ended: "completed",
    done: "completed",
  };
  return task.state === (meant[state] ?? state);
}

function tellStatus(reading: Reading, target: string): Reply {
  const got = answersOf(reading, GET_TOOL);
  if (got.length > 0) return { text: got.map(tellTask).join("\n") };
  return withTasks(reading, (tasks) => {
    if (tasks.length === 0) return { text: "There are no tasks yet." };
    // "It" is what is being worked on, as long as something is.
    const open = tasks.filter(isOpen);
    const among = meansIt(target) && open.length > 0 ? open : tasks;
    const found = meansIt(target) ? newestTogether(among) : meantTasks(among, target);
    if (found.length === 0) {
      return { text: `I know of no task like "${target}".${taskLines(tasks)}` };
    }
    if (found.length > 1 && !meansIt(target) && !meansAll(target)) {
      return { text: `Several tasks fit:${taskLines(found)}` };
    }
    return callAbout(reading, GET_TOOL, found);
  });
}

function tellResult(reading: Reading, target: string, about: string | undefined): Reply {
  const got = answersOf(reading, GET_TOOL);
  if (got.length > 0) return { text: got.map(tellTask).join("\n") };
  return withTasks(reading, (tasks) => {
    if (tasks.length === 0) return { text: "There are no tasks yet." };
    const found = meansIt(target) ? newestTogether(tasks) : meantTasks(tasks, target);
    const some = found.filter((task) => !isOpen(task));
    // "The results" are whatever there is, even when the newest task has none yet.
    const ended = some.length === 0 && meansIt(target) && /\bresults\b/i.test(reading.text)
      ? tasks.filter((task) => !isOpen(task)).slice(0, MAX_ENDED)
      : some;
    if (found.length === 0 && /\bfailed\b/.test(target)) return { text: "No task has failed." };
    if (found.length === 0) {
      return { text: `I know of no task like "${target}".${taskLines(tasks)}` };
    }
    if (ended.length === 0) return { text: `Not ended yet:${taskLines(found)}` };
    if (ended.length === 1 || about !== undefined) {
      return callAbout(reading, GET_TOOL, ended.slice(0, 1), about);
    }
    const shown = some.length === 0 ? ended : found;
    return { text: shown.toReversed().map(outcomeLine).join("\n") };
  });
}

function outcomeLine(task: KnownTask): string {
  return task.summary === "" ? taskLine(task) : `${taskLine(task)}\n  ${task.summary}`;
}

function cancelTasks(reading: Reading, target: string): Reply {
  const cancelled = answersOf(reading, CANCEL_TOOL);
  if (cancelled.length > 0) {
    const titles = titlesIn(reading);
    return { text: cancelled.map((result) => tellCancelled(result, titles)).join("\n") };
  }
  return withTasks(reading, (tasks) => {
    const open = tasks.filter(isOpen);
    const found = meantTasks(open, target);
    if (found.length === 0) {
      const lines = taskLines(open);
      return {
        text: meansIt(target)
          ? "Nothing is running, so there is nothing to cancel."
          : `There is no open task like "${target}" to cancel.${lines}`,
      };
    }
    if (found.length > 1 && !meansAll(target)) {
      return { text: `Several tasks fit; say which one, or all:${taskLines(found)}` };
    }
    return callAbout(reading, CANCEL_TOOL, found);
  });
}

function retryTasks(reading: Reading, target: string): Reply {
  const retried = answersOf(reading, RETRY_TOOL);
  if (retried.length > 0) return { text: retried.map(tellRetried).join("\n") };
  return withTasks(reading, (tasks) => {
    const ended = tasks.filter((task) => !isOpen(task));
    const failed = newestTogether(ended.filter(({ state }) => state === "failed"));
    const it = failed.length > 0 ? failed.slice(0, 1) : ended.slice(0, 1);
    const found = meansIt(target) && !meansAll(target) ? it : meantTasks(ended, target);
    if (found.length === 0) {
      return { text: `There is no ended task like that to do again.${taskLines(tasks)}` };
    }
    if (found.length > 1 && !meansAll(target)) {
      return { text: `Several tasks fit; say which one, or all:${taskLines(found)}` };
    }
    return callAbout(reading, RETRY_TOOL, found);
  });
}

function callAbout(
  reading: Reading,
  tool: string,
  tasks: readonly KnownTask[],
  find?: string,
): Reply {
  if (!reading.tools.has(tool)) return { text: `I cannot do that here: "${tool}" is missing.` };
  const argument = argumentName(reading.tools.get(tool), ["task_id", "id"]);
  return {
    calls: tasks.map(({ id }) => ({
      name: tool,
      args: { [argument]: id, ...(find === undefined ? {} : { find }) },
    })),
  };
}

/** Asks for the list first, where this turn has not got it yet. */
function withTasks(reading: Reading, answer: (tasks: readonly KnownTask[]) => Reply): Reply {
  const listed = answersOf(reading, LIST_TOOL).at(-1);
  if (listed === undefined) {
    return reading.tools.has(LIST_TOOL)
      ? { calls: [{ name: LIST_TOOL, args: {} }] }
      : { text: `I cannot look at tasks here: the tool "${LIST_TOOL}" is not available.` };
  }
  if (listed.failed) return { text: `The tasks could not be listed: ${reason(listed.output)}` };
  return answer(listedTasks(listed.output));
}

function titlesIn(reading: Reading): ReadonlyMap<string, string> {
  const listed = answersOf(reading, LIST_TOOL).at(-1);
  return new Map(listedTasks(listed?.output ?? "").map(({ id, title }) => [id, title]));
}

function answersOf(reading: Reading, tool: string): CallResult[] {
  return reading.results.filter(({ name }) => name === tool);
}
