/** A main process, or a person at a shell: hands in, cancels, retries, waits, reads. */
import type { Task } from "../../lib/task/record.ts";
import { isTerminal } from "../../lib/task/state_machine.ts";
import type { Ledger } from "./ledger.ts";
import { actOutside } from "./outside_actor.ts";
import type { Action, ProcessPlan } from "./plan.ts";
import type { SimulatedProcess } from "./simulated_process.ts";

/** The one conversation of the simulated world. */
export const CONVERSATION = "talk";

/** What was done so far; it outlives the process. */
export interface Progress {
  next: number;
}

/** Shows notifications and acknowledges each after it was shown. */
export function readNotifications(process: SimulatedProcess, ledger: Ledger): void {
  process.notifications.watch(CONVERSATION, async (notification) => {
    ledger.shown.add(notification.id);
    const facts = ledger.task(notification.task_id);
    const { generation } = facts;
    await process.notifications.acknowledge(notification);
    // Pruned meanwhile, and with it what was shown.
    if (facts.generation !== generation || facts.prunes.length > 0) return;
    ledger.acknowledged.set(notification.id, notification.conversation_id);
  });
}

/** Does what is planned, from where a process before it stopped. */
export async function runClient(
  process: SimulatedProcess,
  ledger: Ledger,
  plan: Extract<ProcessPlan, { kind: "client" }>,
  progress: Progress,
  onError: (error: unknown) => void,
): Promise<void> {
  const underWay: Promise<void>[] = [];
  while (progress.next < plan.actions.length) {
    const action = plan.actions[progress.next++] as Action;
    await process.runtime.sleep(action.wait);
    const done = act(process, ledger, action).catch(onError);
    if (plan.parallel) underWay.push(done);
    else await done;
  }
  await Promise.all(underWay);
}

async function act(process: SimulatedProcess, ledger: Ledger, action: Action): Promise<void> {
  switch (action.do) {
    case "enqueue":
      return await enqueue(process, ledger, action.id, action.script);
    case "cancel":
      return await cancel(process, ledger, action.id);
    case "retry":
      return await retry(process, ledger, action.id, action.fresh);
    case "prune":
      return await prune(process, ledger, action);
    case "await": {
      const { generation } = ledger.task(action.id);
      const abort = new AbortController();
      process.runtime.after(3_000, () => abort.abort());
      const task = await process.queue.ended(action.id, abort.signal);
      if (task !== undefined) decide(ledger, task, generation);
      return;
    }
    case "look":
      return await look(process, ledger);
    default:
      return await actOutside(process, ledger, action);
  }
}

async function enqueue(
  process: SimulatedProcess,
  ledger: Ledger,
  id: string,
  script: string,
): Promise<void> {
  const facts = ledger.task(id);
  facts.producers++;
  const { generation } = facts;
  await process.queue.enqueue({ id, conversation_id: CONVERSATION, prompt: script });
  // It may have run, and been pruned, before this answer came.
  if (facts.generation === generation) facts.accepted = true;
}

async function cancel(process: SimulatedProcess, ledger: Ledger, id: string): Promise<void> {
  const facts = ledger.task(id);
  const before = { ...facts, promised: facts.promised };
  const interval = ledger.begin(facts.cancels, process);
  const answer = await process.queue.cancel(id);
  ledger.end(interval);
  if (answer.ok) decide(ledger, answer.task, before.generation);
  else if (answer.reason === "unknown") checkUnknown(ledger, id, before, "cancel");
  else decide(ledger, answer.task, before.generation);
}

async function retry(
  process: SimulatedProcess,
  ledger: Ledger,
  id: string,
  fresh: boolean,
): Promise<void> {
  const facts = ledger.task(id);
  const before = { ...facts, promised: facts.promised };
  const interval = ledger.begin(facts.retries, process);
  try {
    const answer = await process.queue.retry(id, { fresh });
    if (answer.ok) {
      if (facts.generation !== before.generation) return;
      facts.retriedRun = Math.max(facts.retriedRun, answer.task.record.run ?? 1);
    } else if (answer.reason === "unknown") checkUnknown(ledger, id, before, "retry");
    else if (isTerminal(answer.task.state)) decide(ledger, answer.task, before.generation);
  } finally {
    ledger.end(interval);
  }
}

async function prune(
  process: SimulatedProcess,
  ledger: Ledger,
  { id, age, unread }: Extract<Action, { do: "prune" }>,
): Promise<void> {
  const facts = ledger.task(id);
  const before = { ...facts, promised: facts.promised };
  const ended_before = age === undefined ? undefined : process.runtime.now() - age;
  const interval = ledger.beginPrune(facts, process, { ended_before, unread });
  try {
    const answer = await process.queue.prune(id, {
      unread,
      ...(ended_before === undefined ? {} : { ended_before }),
    });
    if (answer.ok) {
      if (facts.generation === before.generation && !facts.wild) {
        ledger.report("prune", `${id} was said to be pruned, and nobody removed it`);
      }
      for (const record of facts.removed) facts.removedForGood.add(record);
    } else if (answer.reason === "unknown") checkUnknown(ledger, id, before, "prune");
  } finally {
    ledger.end(interval);
  }
}

// A service that lives the whole time is seen; one that was dead before is not.
async function look(process: SimulatedProcess, ledger: Ledger): Promise<void> {
  const begun = ledger.step();
  const dead = [...ledger.announced.keys()].filter(({ alive }) => !alive).map(({ name }) => name);
  const seen = (await process.presence.live()).map(({ service_id }) => service_id);
  // A file that could not be read just now is skipped, with a word in the log.
  if (process.machine.faults.count > 0) return;
  for (const name of ledger.aliveSince(begun)) {
    if (!seen.includes(name)) ledger.report("presence", `${name} lives and was not seen`);
  }
  for (const name of seen) {
    if (dead.includes(name)) ledger.report("presence", `${name} was seen after its death`);
  }
}

// What was said of a task that is pruned by now means nothing for the next of its id.
function decide(ledger: Ledger, { state, record }: Task, generation: number): void {
  if (ledger.task(record.id).generation !== generation) return;
  ledger.decide(record.id, state, record.run ?? 1, false);
}

function checkUnknown(
  ledger: Ledger,
  id: string,
  before: { readonly promised: boolean; readonly generation: number },
  call: string,
): void {
  const now = ledger.task(id);
  // Before and after: an outside program may have removed it meanwhile.
  if (!before.promised || !now.promised || now.generation !== before.generation) return;
  ledger.report("1", `${call} said that ${id} is unknown, which was acknowledged`);
}
