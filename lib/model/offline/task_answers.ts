/** What the offline chat says of a tool's answer about one task. */
import { asObject } from "../protocol_break.ts";
import { reason } from "./chat_schedule.ts";
import { type CallResult, parse } from "./reading.ts";

/** Places of a text that are quoted. */
const MAX_QUOTED = 3;

/** A task's state and what came of it, or what it is doing, or where words stand in it. */
export function tellTask({ failed, output, args }: CallResult): string {
  if (failed) return `The task could not be looked up: ${reason(output)}`;
  const task = parse(output) ?? {};
  const name = task.title ?? task.task_id ?? task.id;
  if (Array.isArray(task.matches)) return tellMatches(String(name), task.matches, args.find);
  const activity = asObject(task.activity);
  if (activity !== undefined) return `${name}: ${task.state}, ${doing(activity)}.`;
  const said = task.result ?? asObject(task.error)?.message ?? task.error;
  const more = task.next_offset === undefined ? "" : "\n… (there is more: /task shows the whole)";
  return `${name}: ${task.state}${said === undefined ? "." : `\n${said}${more}`}`;
}

function doing(activity: Record<string, unknown>): string {
  const tools = (Array.isArray(activity.tools) ? activity.tools : [])
    .map((tool) => asObject(tool)?.name).filter((name) => typeof name === "string");
  const what = tools.length > 0 ? `using ${tools.join(" and ")}` : String(activity.doing);
  const steps = Number(activity.model_answers_so_far);
  return steps > 0 ? `${what} (${steps} step${steps === 1 ? "" : "s"} so far)` : what;
}

function tellMatches(name: string, matches: readonly unknown[], find: unknown): string {
  const texts = matches.map((match) => asObject(match)?.text)
    .filter((text) => typeof text === "string");
  if (texts.length === 0) return `${name} says nothing about "${find}".`;
  const quoted = texts.slice(0, MAX_QUOTED).map((text) => text.trim().replace(/^/gm, "> "));
  return [`${name} says about "${find}":`, ...quoted].join("\n\n");
}

/** @param titles of the tasks that are known, by their ids */
export function tellCancelled(
  { failed, output, args }: CallResult,
  titles: ReadonlyMap<string, string>,
): string {
  const id = String(Object.values(args)[0]);
  if (failed) return `Task ${id} could not be cancelled: ${reason(output)}`;
  const { cancelled, state, note } = parse(output) ?? {};
  const name = titles.get(id) ?? `task ${id}`;
  if (typeof note === "string") return `${name}: ${state ?? "not ended"}. ${note}`;
  return cancelled === false ? `${name}: ${state}, not cancelled.` : `Cancelled: ${name}.`;
}

/** A task that was sent back to be done again. */
export function tellRetried({ failed, output, args }: CallResult): string {
  const id = String(Object.values(args)[0]);
  if (failed) return `Task ${id} could not be started again: ${reason(output)}`;
  const { title, state, note } = parse(output) ?? {};
  const name = typeof title === "string" ? title : `task ${id}`;
  return state === "pending"
    ? `Started again: ${name}. You will be told here when it ends.`
    : `${name}: ${state}. ${typeof note === "string" ? note : ""}`.trimEnd();
}
