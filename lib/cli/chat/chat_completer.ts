/** What the Tab key offers in the chat: commands, and this conversation's tasks. */
import { tasksOf } from "../../conversation/own_tasks.ts";
import type { Storage } from "../../open_storage.ts";
import { idBegins } from "../../task/id.ts";
import type { Task, TaskState } from "../../task/record.ts";
import type { Candidate, Completer } from "../editor/completion.ts";
import { sanitizeLine } from "../sanitize.ts";
import { shortId } from "../task_words.ts";
import { COMMANDS } from "./chat_commands.ts";

/** Tasks that are offered at most. */
const MAX_TASKS = 100;

export interface CompleterOptions {
  readonly storage: Pick<Storage, "queue">;
  readonly conversation_id: string;
}

export function chatCompleter(options: CompleterOptions): Completer {
  return async ({ text, cursor }) => {
    const before = text.slice(0, cursor);
    const [, name = "", typed] = /^(\/[a-z]*)(?:\s+(\S*))?$/.exec(before) ?? [];
    if (name === "") return undefined;
    if (typed === undefined) return { from: 0, candidates: commandsLike(name) };
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command?.takes === undefined) return undefined;
    const candidates = await tasksLike(typed, command.takes, options);
    return { from: before.length - typed.length, candidates };
  };
}

function commandsLike(name: string): Candidate[] {
  const found = Object.entries(COMMANDS).filter(([command]) => command.startsWith(name));
  const width = Math.max(...found.map(([, { usage }]) => usage.length));
  return found.map(([text, { usage, help }]) => ({
    text,
    label: `${usage.padEnd(width)}  ${help}`,
  }));
}

// By the id as it is shown, the whole id, or words of the title.
async function tasksLike(
  typed: string,
  states: readonly TaskState[],
  { storage, conversation_id }: CompleterOptions,
): Promise<Candidate[]> {
  const tasks = await storage.queue.list({
    ...tasksOf(conversation_id),
    states,
    limit: MAX_TASKS,
  });
  const wanted = typed.toLowerCase();
  const fits = ({ record }: Task) =>
    [record.id, shortId(record.id)].some((id) => idBegins(id, typed)) ||
    record.title.toLowerCase().includes(wanted);
  return tasks.filter(fits).map(({ state, record }) => ({
    text: shortId(record.id),
    label: `${shortId(record.id)}  ${state}  ${sanitizeLine(record.title)}`,
  }));
}
