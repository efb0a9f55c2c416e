/** Makes a failing plan smaller for as long as it still breaks the same invariant. */
import type { Engine } from "./engine.ts";
import type { Violation } from "./ledger.ts";
import type { Disruption, Plan, ProcessPlan } from "./plan.ts";
import { runPlan } from "./run_seed.ts";

/** A smaller plan meets the fault in another order: so many orders are tried before it is given up. */
const ORDERS = 40;
/** At most so many runs. */
const RUNS = 6_000;

export interface Shrunk {
  readonly plan: Plan;
  readonly violation: Violation;
}

/** @param failing a plan that breaks an invariant, and which */
export async function shrink(failing: Shrunk, engine: Engine): Promise<Shrunk> {
  const budget = { runs: RUNS };
  let best = failing;
  for (let smaller: Shrunk | undefined = best; smaller !== undefined;) {
    best = smaller;
    smaller = await firstFailing(best, engine, budget);
  }
  return best;
}

async function firstFailing(
  { plan, violation }: Shrunk,
  engine: Engine,
  budget: { runs: number },
): Promise<Shrunk | undefined> {
  for (const candidate of candidates(plan)) {
    for (let order = 0; order < ORDERS && budget.runs-- > 0; order++) {
      const attempt = { ...candidate, seed: order === 0 ? plan.seed : order };
      const outcome = await runPlan(attempt, engine);
      if (outcome.violation?.rule === violation.rule) {
        return { plan: attempt, violation: outcome.violation };
      }
    }
  }
  return undefined;
}

/** Every plan that has one thing less, the boldest first. */
export function* candidates(plan: Plan): Generator<Plan> {
  const services = plan.processes.filter(({ kind }) => kind === "service").length;
  for (const [index, { kind }] of plan.processes.entries()) {
    // Without any service, no task would ever end.
    if (kind === "client" || services > 1) yield withoutProcess(plan, index);
  }
  for (const index of plan.disruptions.keys()) {
    yield { ...plan, disruptions: plan.disruptions.toSpliced(index, 1) };
  }
  for (const [index, process] of plan.processes.entries()) {
    for (const simpler of simplerProcesses(process)) {
      yield { ...plan, processes: plan.processes.with(index, simpler) };
    }
  }
  if (plan.presence) yield { ...plan, presence: false };
  if (plan.bare) yield { ...plan, bare: false };
  if (plan.event_loss > 0) yield { ...plan, event_loss: 0 };
  if (plan.stickiness < 0.9) yield { ...plan, stickiness: 0.9 };
  if (plan.ending !== "go_on") yield { ...plan, ending: "go_on" };
}

function withoutProcess(plan: Plan, index: number): Plan {
  const disruptions = plan.disruptions.flatMap((disruption): Disruption[] => {
    if (!("process" in disruption) || disruption.process < index) return [disruption];
    const process = disruption.process - 1;
    return disruption.process === index ? [] : [{ ...disruption, process }];
  });
  return { ...plan, processes: plan.processes.toSpliced(index, 1), disruptions };
}

function* simplerProcesses(process: ProcessPlan): Generator<ProcessPlan> {
  if (process.kind === "service") {
    if (process.concurrency > 1) yield { ...process, concurrency: 1 };
    if (process.delay > 0) yield { ...process, delay: 0 };
    return;
  }
  for (const [index, action] of process.actions.entries()) {
    yield { ...process, actions: process.actions.toSpliced(index, 1) };
    if (action.wait > 0) {
      yield { ...process, actions: process.actions.with(index, { ...action, wait: 0 }) };
    }
    if ("script" in action && action.script !== ":c:1") {
      yield { ...process, actions: process.actions.with(index, { ...action, script: ":c:1" }) };
    }
  }
  if (process.reads) yield { ...process, reads: false };
  if (process.parallel) yield { ...process, parallel: false };
}
