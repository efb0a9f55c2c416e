/** Tasks that do not get on, and why. */
import type { Storage } from "../../../open_storage.ts";
import { activityOf } from "../../../task/activity.ts";
import { RECORD_VERSION, type Task } from "../../../task/record.ts";
import type { ServiceRecord } from "../../../task/service_record.ts";
import { parseTime } from "../../../task/time.ts";
import { dueAt } from "../../../task/transitions.ts";
import { type Finding, findingsOf, named } from "../../../upkeep/finding.ts";
import { activityText } from "../../task_words.ts";
import { duration } from "../../duration.ts";
import { journalOf } from "../../journal_of.ts";
import { isUnreadable, reasonOf } from "../../task_words.ts";

/** At most so many tasks that have not ended are read, the newest. */
const READ = 10_000;
/** Less is no wait: a service takes a task within milliseconds. */
const LONG_DUE_MS = 60_000;
/** Shorter waits for another attempt are everyday life. */
const LONG_RETRY_MS = 60_000;
/** A model or a tool that takes longer than this may hang. */
const STILL_MS = 5 * 60_000;
/** After its time limit a run is ended at once. */
const OVERTIME_MS = 60_000;
/** Nobody plans further ahead; a wrong year is likelier. */
const FAR_MS = 366 * 24 * 3_600_000;

const { ok, look } = findingsOf("tasks");

interface Surroundings {
  readonly storage: Pick<Storage, "queue" | "journals">;
  readonly services: readonly ServiceRecord[];
  readonly now: number;
}

export async function checkTasks(around: Surroundings): Promise<Finding[]> {
  const findings: Finding[] = [];
  const due: string[] = [];
  let read = 0;
  let running = 0;
  for await (const task of around.storage.queue.each({ states: ["pending", "running"] })) {
    if (++read > READ) break;
    if (task.state === "running") running++;
    const told = task.state === "running"
      ? await aboutRunning(task, around)
      : aboutPending(task, around);
    if (told === "due") due.push(task.record.id);
    else findings.push(...told.map(look));
  }
  findings.push(...aboutDue(due, running, around));
  if (read > READ) findings.push(look(`Only the ${READ} newest tasks were read`));
  if (findings.length > 0) return findings;
  return [
    ok(
      read === 0
        ? "No task waits or runs"
        : `Of ${read === 1 ? "one open task" : `${read} open tasks`} none stands still`,
    ),
  ];
}

/** Sentences, or that it is due for long and nothing else is wrong with it. */
function aboutPending({ record }: Task, { services, now }: Surroundings): string[] | "due" {
  const { id, version, created_at, run_at, last_error, attempts = [] } = record;
  if (version > RECORD_VERSION) {
    return [
      `Task ${id} is left pending: its version ${version} is newer than this program; ` +
      "run it with a newer one",
    ];
  }
  if (isUnreadable({ ...record })) {
    return [
      `Pending task ${id} cannot be read: ${reasonOf(record)}; mend it, or wait for a service ` +
      "to fail it",
    ];
  }
  const unknown = unknownTools(record.tools, services);
  const tools = unknown.length === 0 ? [] : [
    `Task ${id} asks for tools that no live service has (${named(unknown)}): switch them on in ` +
    "tools.json, or cancel it",
  ];
  const wait = dueAt(record) - now;
  if (wait > 0) return [...tools, ...aboutWaiting(id, wait, run_at, last_error, attempts, now)];
  const since = Math.max(dueAt(record), parseTime(created_at));
  return tools.length === 0 && now - since > LONG_DUE_MS ? "due" : tools;
}

function aboutWaiting(
  id: string,
  wait: number,
  run_at: string | undefined,
  last_error: Task["record"]["last_error"],
  attempts: NonNullable<Task["record"]["attempts"]>,
  now: number,
): string[] {
  if (run_at !== undefined && parseTime(run_at) - now > FAR_MS) {
    return [`Task ${id} runs only in ${duration(wait)} (${run_at}): is that the year you meant?`];
  }
  if (last_error === undefined || wait < LONG_RETRY_MS) return [];
  const why = attempts.at(-1)?.outcome === "rate_limited"
    ? "because the model server asked for it (429)"
    : "for its next attempt";
  return [`Task ${id} waits ${duration(wait)} more ${why}: ${last_error.message}`];
}

function unknownTools(
  tools: readonly string[] | undefined,
  services: readonly ServiceRecord[],
): string[] {
  if (tools === undefined || services.length === 0) return [];
  return tools.filter((wanted) =>
    !services.some((service) =>
      service.tools.some(({ name, enabled }) => enabled && name === wanted)
    )
  );
}

async function aboutRunning(task: Task, { storage, services, now }: Surroundings) {
  const { id, started_at, timeout_seconds } = task.record;
  if (services.length === 0 || started_at === undefined) return [];
  const ran = now - parseTime(started_at);
  const cancel = `look at its service's log, or stop it with: tasks cancel ${id}`;
  if (ran > timeout_seconds * 1000 + OVERTIME_MS) {
    return [
      `Task ${id} runs since ${duration(ran)} although it may take ${timeout_seconds} s; ${cancel}`,
    ];
  }
  const activity = activityOf(await journalOf(task, storage.journals));
  const still = now - parseTime(activity.since ?? started_at);
  if (still < STILL_MS) return [];
  return [
    `Task ${id} has not moved for ${duration(still)}: ${activityText(activity, now)}; ${cancel}`,
  ];
}

// Without a service it has been said already that they are due.
function aboutDue(
  due: readonly string[],
  running: number,
  { services }: Surroundings,
): Finding[] {
  if (due.length === 0 || services.length === 0) return [];
  const places = services.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const which = `Tasks (${due.length}: ${named(due)}) are due for over a minute`;
  if (running >= places) {
    return [
      look(
        `${which}, and all ${places} places are taken: start another service, or raise ` +
          "TASK_CONCURRENCY",
      ),
    ];
  }
  return [look(`${which} although places are free: look at the log of the services`)];
}
