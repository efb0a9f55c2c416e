/** What a task goes through when the process dies: how it comes there, and how it may end. */
import type { Storage } from "../../lib/open_storage.ts";
import type { ClaimedTask } from "../../lib/queue/task_queue.ts";
import type { TaskError, Usage } from "../../lib/task/record.ts";
import { endAttempt } from "../../lib/task/transitions.ts";
import { formatObject } from "../../lib/task/json.ts";
import type { RecordedRequest, Reply } from "../support/model_server.ts";
import { promptOf } from "../support/two_models.ts";
import type { CrashPlan } from "./crash_plan.ts";
import type { TaskSeen } from "./look.ts";

/** What a task must have come to in the end. */
export interface Expected {
  readonly state: "completed" | "failed" | "none";
  /** `error.code` where it failed. */
  readonly code?: string;
  /** Names of its notifications without the task's id: "completed", "failed", "completed-2". */
  readonly told: readonly string[];
  readonly rejected?: number;
}

/** What the world does while the doomed process runs. */
export interface World {
  readonly storage: Storage;
  readonly ids: readonly string[];
  /** The process's first line on standard output has come, or it has ended. */
  readonly armed: Promise<void>;
  /** Resolves when the model was asked about all tasks, or the process has ended. */
  readonly asked: Promise<void>;
  signal(signal: Deno.Signal): void;
}

export interface Scenario {
  readonly name: string;
  readonly act: Exclude<CrashPlan["act"], "start">;
  readonly tools?: boolean;
  /** Brings the tasks to where the process takes over. */
  readonly before?: (storage: Storage, ids: readonly string[]) => Promise<void>;
  /** The model's part. Default: a text at once. */
  readonly model?: (request: RecordedRequest, first: boolean) => Reply;
  /** Goes on while the process runs; then calls count only from SIGUSR2 on. */
  readonly meanwhile?: (world: World) => Promise<void>;
  /** A service has come to the scenario's end once this is so. */
  readonly until?: (seen: TaskSeen) => boolean;
  readonly expected: (killed: TaskSeen) => Expected;
  /** The id may lie in a second state: a duplicate. */
  readonly duplicates?: boolean;
}

const USAGE: Usage = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const ERROR: TaskError = { code: "model_unavailable", message: "no answer" };
const COMPLETED: Expected = { state: "completed", told: ["completed"] };
const CANCELLED: Expected = { state: "failed", code: "cancelled", told: ["failed"] };

async function enqueueAll({ queue }: Storage, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((id) => queue.enqueue({ id, conversation_id: `c-${id}`, prompt: id })),
  );
}

async function claimAll(storage: Storage, ids: readonly string[]): Promise<ClaimedTask[]> {
  await enqueueAll(storage, ids);
  const claimed: ClaimedTask[] = [];
  while (claimed.length < ids.length) {
    const task = await storage.queue.claim(AbortSignal.timeout(20_000));
    if (task === undefined) throw new Error("nothing was claimed within 20 seconds");
    await task.start();
    claimed.push(task);
  }
  return claimed;
}

/** Tasks in running/ whose service has died so often before. */
function orphans(interruptions: number): NonNullable<Scenario["before"]> {
  return async (storage, ids) => {
    for (const task of await claimAll(storage, ids)) {
      task.record.interruptions = interruptions;
      await task.start();
      task.abandon();
    }
  };
}

async function failAll(storage: Storage, ids: readonly string[]): Promise<void> {
  const claimed = await claimAll(storage, ids);
  await Promise.all(
    claimed.map((task) => task.finish({ kind: "failed", error: ERROR, usage: USAGE })),
  );
}

async function completeAll(storage: Storage, ids: readonly string[]): Promise<void> {
  const claimed = await claimAll(storage, ids);
  await Promise.all(claimed.map((task) =>
    task.finish({
      kind: "completed",
      result: `done ${task.record.id}`,
      artifacts: [],
      usage: USAGE,
    })
  ));
}

/** Endings that were staged, by services that died right then. */
async function stageAll(storage: Storage, ids: readonly string[]): Promise<void> {
  for (const task of await claimAll(storage, ids)) {
    const { id } = task.record;
    const ending = {
      kind: "completed",
      result: `done ${id}`,
      artifacts: [],
      usage: USAGE,
    } as const;
    const record = endAttempt(task.record, ending, Date.now());
    await Deno.writeTextFile(storage.layout.task("running", id), formatObject(record));
    task.abandon();
  }
}

async function submitAll(storage: Storage, ids: readonly string[], fields: (id: string) => object) {
  for (const id of ids) {
    const temporary = storage.layout.temporary(id);
    await Deno.writeTextFile(temporary, JSON.stringify(fields(id)));
    await Deno.rename(temporary, storage.layout.task("pending", id));
  }
}

/** Tools that differ in their effects only, in the order in which they are called. */
export const TOOL_NAMES = ["mark_none", "mark_idempotent", "mark_once"] as const;

/** One tool of each effect, one after the other, then the result. */
function worker(request: RecordedRequest): Reply {
  const id = promptOf(request);
  const done = request.body.messages.filter(({ role }) => role === "tool").length;
  const name = TOOL_NAMES[done];
  if (name === undefined) return { text: `done ${id}` };
  return { tool_calls: [{ name, arguments: { text: `${id}-${name}` }, id: `call_${done + 1}` }] };
}

const isTerminal = ({ states }: TaskSeen) => /^(completed|failed)$/.test(states.join());
const isBack = ({ states, record }: TaskSeen) =>
  states.join() === "pending" && record?.attempts !== undefined;

/** Requests of somebody who asks and leaves: `queue.cancel` would go on, and take the tasks over. */
async function requestAll({ layout }: Storage, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { incarnation, run } = JSON.parse(await Deno.readTextFile(layout.task("running", id)));
    const temporary = layout.temporary(id);
    await Deno.writeTextFile(temporary, formatObject({ incarnation, run }));
    await Deno.rename(temporary, `${layout.cancel}/${id}`);
  }
}

/** What a claimed task's holder does while somebody else cancels it. */
async function holdUntilCancelled(storage: Storage, ids: readonly string[]): Promise<void> {
  for (const task of await claimAll(storage, ids)) {
    task.cancelled.addEventListener("abort", () => {
      task.finish({ kind: "interrupted" }).catch(() => task.abandon());
    });
    held.add(task);
  }
}

/** Only one scenario holds tasks in this process. */
const held = new Set<ClaimedTask>();
const HOLDING = "A running task is cancelled: whoever asks dies";

/** Lets go of what this process held for a scenario. */
export function letGo({ name }: Scenario): void {
  if (name !== HOLDING) return;
  for (const task of held) task.abandon();
  held.clear();
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "A task is handed in",
    act: "enqueue",
    expected: ({ states }) => states.length === 0 ? { state: "none", told: [] } : COMPLETED,
  },
  {
    name: "A run with tools of each effect",
    act: "service",
    tools: true,
    before: enqueueAll,
    model: worker,
    until: isTerminal,
    expected: () => COMPLETED,
  },
  {
    name: "A run that the model refuses for good",
    act: "service",
    before: enqueueAll,
    model: () => ({ status: 400, body: { error: { message: "no" } } }),
    until: isTerminal,
    expected: () => ({ state: "failed", code: "model_rejected", told: ["failed"] }),
  },
  {
    name: "A run that is put back for its next attempt",
    act: "service",
    before: enqueueAll,
    model: (request, first) =>
      first
        ? { status: 503, body: "busy", headers: { "retry-after": "1" } }
        : { text: `done ${promptOf(request)}` },
    until: isBack,
    expected: () => COMPLETED,
  },
  {
    name: "A run that is put back because the service stops",
    act: "service",
    before: enqueueAll,
    model: (request, first) => first ? { hang: "before" } : { text: `done ${promptOf(request)}` },
    meanwhile: async ({ asked, armed, signal }) => {
      await asked;
      signal("SIGUSR2");
      await armed;
      signal("SIGTERM");
    },
    until: isBack,
    expected: () => COMPLETED,
  },
  {
    name: "Recovery puts a task back",
    act: "service",
    // Once before: its next claim then waits a moment, and is none of this scenario's calls.
    before: orphans(1),
    until: isBack,
    expected: () => COMPLETED,
  },
  {
    name: "Recovery gives a task up",
    act: "service",
    before: orphans(3),
    until: isTerminal,
    expected: () => ({ state: "failed", code: "service_crashed", told: ["failed"] }),
  },
  {
    name: "Recovery completes a staged ending",
    act: "service",
    before: stageAll,
    until: isTerminal,
    expected: () => COMPLETED,
  },
  {
    name: "A failed task is retried by hand",
    act: "retry",
    before: failAll,
    expected: ({ states }) =>
      states[0] === "failed"
        ? { state: "failed", code: "model_unavailable", told: ["failed"] }
        : { state: "completed", told: ["completed-2", "failed"] },
  },
  {
    name: "A waiting task is cancelled",
    act: "cancel",
    before: enqueueAll,
    expected: ({ states, staged }) =>
      states[0] === "failed" || staged === "failed" ? CANCELLED : COMPLETED,
  },
  {
    name: HOLDING,
    act: "cancel",
    before: holdUntilCancelled,
    expected: ({ requested, states, staged }) =>
      requested || states[0] === "failed" || staged === "failed" ? CANCELLED : COMPLETED,
  },
  {
    name: "A running task is cancelled: its service dies",
    act: "service",
    before: enqueueAll,
    model: () => ({ hang: "before" }),
    meanwhile: async ({ asked, armed, signal, storage, ids }) => {
      await asked;
      signal("SIGUSR2");
      await armed;
      await requestAll(storage, ids);
    },
    until: isTerminal,
    expected: () => CANCELLED,
  },
  {
    name: "A file that is no valid task is rejected",
    act: "service",
    before: (storage, ids) =>
      submitAll(storage, ids, (id) => ({ conversation_id: `c-${id}`, prompt: 7 })),
    until: isTerminal,
    expected: () => ({ state: "failed", code: "invalid_task", told: ["failed"] }),
  },
  {
    name: "A second task of an id that is completed is set aside",
    act: "service",
    before: async (storage, ids) => {
      await completeAll(storage, ids);
      await submitAll(storage, ids, (id) => ({ conversation_id: `c-${id}`, prompt: id }));
    },
    until: ({ states, rejected }) => states.join() === "completed" && rejected === 1,
    expected: () => ({ ...COMPLETED, rejected: 1 }),
    duplicates: true,
  },
  {
    name: "A notification is acknowledged",
    act: "acknowledge",
    before: completeAll,
    expected: () => COMPLETED,
  },
];
