/** After the storm: what became of every task, compared with what was promised. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { TASK_STATES, type TaskRecord, type TaskState } from "../../lib/task/record.ts";
import type { Entry, World } from "./people.ts";
import { notificationKey, type Remains } from "./storm_engine.ts";
import { resultOf } from "./workload.ts";

export interface Report {
  readonly tasks: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retried: number;
  /** Given up after a fourth interruption in a row, as promised. */
  readonly given_up: number;
  readonly duplicates_set_aside: number;
  readonly attempts: number;
  readonly crashed_attempts: number;
  readonly model_calls: number;
  readonly tool_executions: number;
  readonly once_executions: number;
  readonly notifications: number;
  readonly notifications_shown: number;
  readonly violations: readonly string[];
}

/** One line of storm.jsonl. */
interface Note {
  readonly event: "began" | "ended";
  readonly tool: string;
  readonly key: string;
  readonly at: number;
}

/** Judges everything that lies there, and counts. */
export function count(world: World, remains: Remains, workspace: string): Report {
  const violations = [...world.faults, ...remains.litter];
  const records: TaskRecord[] = [];
  for (const entry of world.entries.values()) {
    const state = onlyState(remains, entry, violations);
    const record = remains.records.get(entry.id);
    if (state === undefined || record === undefined) continue;
    records.push(record);
    violations.push(...judge(entry, state, record), ...judgeTold(remains, entry, state, record));
  }
  violations.push(...judgeRest(world, remains));
  const tools = countTools(readNotes(workspace), violations);
  const attempts = records.flatMap(({ attempts = [] }) => attempts);
  const code = (wanted: string) => records.filter(({ error }) => error?.code === wanted).length;
  return {
    tasks: world.entries.size,
    completed: remains.ids.get("completed")?.size ?? 0,
    failed: remains.ids.get("failed")?.size ?? 0,
    cancelled: code("cancelled"),
    retried: [...world.entries.values()].filter(({ retried }) => retried).length,
    given_up: code("service_crashed"),
    duplicates_set_aside: remains.set_aside,
    attempts: attempts.length,
    crashed_attempts: attempts.filter(({ outcome }) => outcome === "crashed").length,
    model_calls: world.oracle.calls,
    ...tools,
    notifications: [...remains.notifications.values()].reduce((sum, times) => sum + times, 0),
    notifications_shown: world.shown,
    violations: [...violations, ...world.oracle.overlaps.map((id) => `${id}: two calls at once`)],
  };
}

// Lost, or in two places.
function onlyState(
  { ids }: Remains,
  { id }: Entry,
  violations: string[],
): TaskState | undefined {
  const states = TASK_STATES.filter((state) => ids.get(state)?.has(id));
  const isOne = states.length === 1 && ["completed", "failed"].includes(states[0]!);
  if (!isOne) violations.push(`${id} is in ${states.join(" and ") || "no state: lost"}`);
  return isOne ? states[0] : undefined;
}

function judge(entry: Entry, state: TaskState, record: TaskRecord): string[] {
  const { id, kind, cancelled, cancelAsked, retried } = entry;
  if (state === "completed") {
    const faults: string[] = [];
    if (record.result !== resultOf(id)) faults.push(`${id} has the result ${record.result}`);
    if (cancelled) faults.push(`${id} was said to be cancelled and is completed`);
    if (kind === "invalid") faults.push(`${id} is invalid and completed`);
    if (kind === "refused" && !retried) faults.push(`${id} was refused and is completed`);
    return faults;
  }
  const code = record.error?.code;
  const isExpected = kind === "invalid"
    ? code === "invalid_task"
    : code === "cancelled"
    ? cancelAsked
    : code === "service_crashed"
    ? isGivenUp(record)
    : code === "model_rejected" && kind === "refused" && !retried;
  return isExpected ? [] : [`${id} (${kind}) failed: ${code}: ${record.error?.message}`];
}

// Four deaths under it, the last ones in a row.
function isGivenUp({ attempts = [] }: TaskRecord): boolean {
  return attempts.filter(({ outcome }) => outcome === "crashed").length >= 3;
}

// Exactly one of each run that has ended, unread or read.
function judgeTold(
  { notifications }: Remains,
  { id, conversation_id }: Entry,
  state: TaskState,
  { run: last = 1 }: TaskRecord,
): string[] {
  const faults: string[] = [];
  for (let run = 1; run <= last; run++) {
    const suffix = run === 1 ? "" : `-${run}`;
    const there = ["completed", "failed"].flatMap((event) => {
      const key = notificationKey(conversation_id, `${id}-${event}${suffix}`);
      return Array.from({ length: notifications.get(key) ?? 0 }, () => event);
    });
    const expected = run === last ? state : "failed";
    if (there.join() !== expected) {
      faults.push(`${id}, run ${run}: told ${there.join(" and ") || "nothing"}`);
    }
  }
  return faults;
}

function judgeRest(world: World, { ids, cancel_requests, set_aside }: Remains): string[] {
  const faults: string[] = [];
  for (const [state, all] of ids) {
    for (const id of all) {
      if (!world.entries.has(id)) faults.push(`${id}, ${state}, was handed in by nobody`);
    }
  }
  // One that came too late for its run may lie there until the next look at that task.
  const asked = cancel_requests.filter((id) => world.entries.get(id)?.cancelAsked !== true);
  faults.push(...asked.map((id) => `nobody asked for ${id} to be cancelled`));
  const allowed = [...world.entries.values()].reduce((sum, { duplicates }) => sum + duplicates, 0);
  if (set_aside > allowed) {
    faults.push(`${set_aside} were set aside, but only ${allowed} were duplicates`);
  }
  return faults;
}

function readNotes(workspace: string): Note[] {
  const path = join(workspace, "storm.jsonl");
  if (!existsSync(path)) return [];
  return Deno.readTextFileSync(path).split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** "once" tools are begun once for each call; no task has two tools at once, for it asks for one. */
function countTools(notes: readonly Note[], violations: string[]) {
  const begun = notes.filter(({ event }) => event === "began");
  const once = begun.filter(({ tool }) => tool === "storm_once");
  const byKey = Map.groupBy(once, ({ key }) => key);
  for (const [key, all] of byKey) {
    if (all.length > 1) violations.push(`${key}, effects "once", ran ${all.length} times`);
  }
  const open = new Map<string, string>();
  for (const { event, key } of notes) {
    const task = key.slice(0, key.indexOf("/"));
    if (event === "began") open.set(task, key);
    // What began first ended after another had begun: the two ran at the same time.
    else if (open.get(task) !== key) violations.push(`${task}: two tools at once (${key})`);
  }
  violations.push(...twiceAtOnce(notes));
  return { tool_executions: begun.length, once_executions: once.length };
}

// "bbe" is an execution that was killed and its repetition; "bbee" is two of them at once.
function twiceAtOnce(notes: readonly Note[]): string[] {
  const faults: string[] = [];
  for (const [key, all] of Map.groupBy(notes, (note) => note.key)) {
    const order = all.map(({ event }) => event === "began" ? "b" : "e").join("");
    if (order.includes("ee")) faults.push(`${key} ran twice at the same time`);
  }
  return faults;
}
