/** What a task goes through when the process dies: how it comes there, and how it may end. */
import type { RecordedRequest, Reply } from "../support/model_server.ts";
import { promptOf } from "../support/two_models.ts";
import type { TaskSeen } from "./look.ts";
import {
  completeAll,
  completeWithAll,
  enqueueAll,
  failAll,
  holdAll,
  orphans,
  requestAll,
  stageAll,
  submitAll,
} from "./preparations.ts";
import type { Expected, Scenario } from "./scenario.ts";

const COMPLETED: Expected = { state: "completed", told: ["completed"] };
const CANCELLED: Expected = { state: "failed", code: "cancelled", told: ["failed"] };

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

/** In the order of the page. */
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
    name: "An ended task is pruned",
    act: "prune",
    before: completeWithAll,
    expected: ({ states, marked }) =>
      states.length === 0 || marked ? { state: "none", told: [] } : COMPLETED,
  },
  {
    name: "A waiting task is cancelled",
    act: "cancel",
    before: enqueueAll,
    expected: ({ states, staged }) =>
      states[0] === "failed" || staged === "failed" ? CANCELLED : COMPLETED,
  },
  {
    name: "A running task is cancelled: whoever asks dies",
    act: "cancel",
    before: holdAll,
    polls: true,
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
