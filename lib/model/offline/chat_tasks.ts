/** The offline chat looks after tasks: list, look at one, cancel. */
import { argumentName } from "./arguments.ts";
import { asObject } from "../protocol_break.ts";
import { reason } from "./chat_schedule.ts";
import { type CallResult, parse, type Reading } from "./reading.ts";
import type { Reply } from "./reply.ts";

const LIST_TOOL = "list_background_tasks";
const GET_TOOL = "get_background_task";
const CANCEL_TOOL = "cancel_background_task";

const LIST = /\b(?:what|which|list|show|any|are there|how many)\b.*\btasks?\b/i;
const GOING_ON =
  /^(?:what(?:'s|’s| is)|is anything|anything) (?:(?:still )?(?:running|pending|going on|happening))(?: (?:now|in the background|there))*$/i;
const CANCEL = /^(?:please\s+|(?:can|could) you\s+)*(?:cancel|stop|abort|kill)\s+(.+)$/i;
const STATUS =
  /^(?:how(?:'s|’s| is| are)|what about|is|are|(?:what(?:'s|’s| is) )?(?:the )?(?:status|state|progress) (?:of|on)|look at|show(?: me)?)\s+(.+)$/i;
const RESULT =
  /\b(?:what (?:was|is|were|are) the (?:results?|answers?|outcomes?)|what did (?:it|you|they|the \S+ tasks?|the tasks?) (?:find|say|return|get)|what happened|results? of|any (?:news|results?|notifications?))\b(.*)$/i;
const OPEN = new Set(["pending", "running"]);
const FILLERS = new Set(
  "the a an my your this that it all every task tasks background of for on to with about doing going done finished ready running coming along yet now please status state from in is was"
    .split(" "),
);

interface Task {
  readonly id: string;
  readonly state: string;
  readonly title: string;
}

/** Answers what is asked about tasks; `undefined` where nothing is. */
export function lookAfterTasks(reading: Reading): Reply | undefined {
  const text = reading.text.replace(/[?!.\s]+$/, "");
  const result = RESULT.exec(text);
  if (result !== null) return tellResult(reading, result[1] ?? "");
  const cancel = CANCEL.exec(text);
  if (cancel !== null) return cancelTasks(reading, cancel[1]!);
  if (GOING_ON.test(text)) return tellList(reading, "running");
  const status = STATUS.exec(text.replace(/\s+(?:doing|going|coming along)$/i, ""));
  const is_about_tasks = /\btasks?\b|\b(?:status|state|progress)\b|\bdoing$/i.test(text);
  if (status !== null && is_about_tasks && !/\btasks\b/i.test(status[1]!)) {
    return tellStatus(reading, status[1]!);
  }
  return LIST.test(text) || /^(?:tasks|status)$/i.test(text) ? tellList(reading, text) : undefined;
}

function tellList(reading: Reading, text: string): Reply {
  return withTasks(reading, (tasks) => {
    const state = /\b(pending|waiting|running|active|open|failed|completed|finished|done)\b/i
      .exec(text)?.[1]?.toLowerCase();
    const shown = tasks.filter((task) => isIn(task, state));
    if (shown.length === 0) {
      return { text: `There are no ${state === undefined ? "" : `${state} `}tasks.` };
    }
    return { text: shown.map(line).join("\n") };
  });
}

/** "Running" in a question means whatever has not ended. */
function isIn(task: Task, state: string | undefined): boolean {
  if (state === undefined) return true;
  if (["running", "active", "open"].includes(state)) return OPEN.has(task.state);
  const meant: Record<string, string> = {
    waiting: "pending",
    finished: "completed",
    done: "completed",
  };
  return task.state === (meant[state] ?? state);
}

function tellStatus(reading: Reading, target: string): Reply {
  const got = find(reading, GET_TOOL);
  if (got !== undefined) return { text: describe(got) };
  return withTasks(reading, (tasks) => {
    const found = matching(tasks, target);
    if (found.length === 0) return { text: `I know of no task like "${target}".${known(tasks)}` };
    if (found.length > 1) return { text: ["Several tasks fit:", ...found.map(line)].join("\n") };
    return callAbout(reading, GET_TOOL, found.slice(0, 1));
  });
}

function tellResult(reading: Reading, target: string): Reply {
  const wanted = words(target);
  const told = reading.endings.findLast(({ title, message }) =>
    wanted.every((word) => `${title} ${message}`.toLowerCase().includes(word))
  );
  if (told !== undefined) return { text: `${told.title} (${told.event}):\n${told.message}` };
  const got = find(reading, GET_TOOL);
  if (got !== undefined) return { text: describe(got) };
  return withTasks(reading, (tasks) => {
    const found = wanted.length === 0 ? tasks : matching(tasks, target);
    const ended = found.find(({ state }) => !OPEN.has(state));
    if (ended !== undefined) return callAbout(reading, GET_TOOL, [ended]);
    return { text: `No such task has ended yet.${known(tasks)}` };
  });
}

function cancelTasks(reading: Reading, target: string): Reply {
  const cancelled = reading.results.filter(({ name }) => name === CANCEL_TOOL);
  if (cancelled.length > 0) return { text: cancelled.map(tellCancelled).join("\n") };
  return withTasks(reading, (tasks) => {
    const open = tasks.filter(({ state }) => OPEN.has(state));
    const wants_all = /\b(?:all|every|everything|both)\b/i.test(target);
    const found = words(target).length === 0 ? open : matching(open, target);
    if (found.length === 0) {
      return { text: `There is no open task like "${target}" to cancel.${known(open)}` };
    }
    if (found.length > 1 && !wants_all) {
      const which = ["Several tasks fit; say which one, or all:", ...found.map(line)];
      return { text: which.join("\n") };
    }
    return callAbout(reading, CANCEL_TOOL, found);
  });
}

function callAbout(reading: Reading, tool: string, tasks: readonly Task[]): Reply {
  const argument = argumentName(reading.tools.get(tool), ["task_id", "id"]);
  return { calls: tasks.map(({ id }) => ({ name: tool, args: { [argument]: id } })) };
}

/** Asks for the list first, where this turn has not got it yet. */
function withTasks(reading: Reading, answer: (tasks: readonly Task[]) => Reply): Reply {
  const listed = find(reading, LIST_TOOL);
  if (listed === undefined) {
    return reading.tools.has(LIST_TOOL)
      ? { calls: [{ name: LIST_TOOL, args: {} }] }
      : { text: `I cannot look at tasks here: the tool "${LIST_TOOL}" is not available.` };
  }
  if (listed.failed) return { text: `The tasks could not be listed: ${reason(listed.output)}` };
  return answer(tasksOf(listed.output));
}

function tasksOf(output: string): Task[] {
  const tasks = parse(output)?.tasks;
  return (Array.isArray(tasks) ? tasks : []).flatMap((value): Task[] => {
    const { task_id, id = task_id, state, title } = asObject(value) ?? {};
    return typeof id === "string" ? [{ id, state: String(state), title: String(title ?? id) }] : [];
  });
}

function find(reading: Reading, tool: string): CallResult | undefined {
  return reading.results.findLast(({ name }) => name === tool);
}

function matching(tasks: readonly Task[], target: string): Task[] {
  const wanted = words(target);
  const exact = tasks.filter(({ id }) => wanted.includes(id.toLowerCase()));
  if (exact.length > 0) return exact;
  return tasks.filter(({ id, title }) =>
    wanted.every((word) => `${id} ${title}`.toLowerCase().includes(word))
  );
}

/** The words of a text that tell one task from another. */
function words(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}*+/^_.-]+/u)
    .filter((word) => word !== "" && !FILLERS.has(word));
}

function line({ id, state, title }: Task): string {
  return `- ${title}: ${state} (${id})`;
}

function known(tasks: readonly Task[]): string {
  return tasks.length === 0 ? "" : `\n${tasks.map(line).join("\n")}`;
}

function describe({ failed, output }: CallResult): string {
  if (failed) return `The task could not be looked up: ${reason(output)}`;
  const { title, task_id, id = task_id, state, result, error } = parse(output) ?? {};
  const said = result ?? asObject(error)?.message ?? error;
  return `${title ?? id}: ${state}${said === undefined ? "." : `\n${said}`}`;
}

function tellCancelled({ failed, output, args }: CallResult): string {
  const id = Object.values(args)[0];
  const { title, cancelled, state, note } = parse(output) ?? {};
  if (failed) return `Task ${id} could not be cancelled: ${reason(output)}`;
  const name = typeof title === "string" ? `${title} (${id})` : `task ${id}`;
  if (typeof note === "string") return `${name}: ${state ?? "not ended"}. ${note}`;
  return cancelled === false ? `${name}: ${state}, not cancelled.` : `Cancelled: ${name}.`;
}
