/** What happens in one run, as data: made from the seed, made smaller by shrinking. */
import type { Fault } from "./faults.ts";
import type { ErrorCode } from "./os_error.ts";
import { Random } from "./random.ts";

/** One thing that a main process or an outside program does. */
export type Action =
  | { readonly do: "enqueue"; readonly id: string; readonly script: string; readonly wait: number }
  | { readonly do: "cancel"; readonly id: string; readonly wait: number }
  | { readonly do: "retry"; readonly id: string; readonly fresh: boolean; readonly wait: number }
  | { readonly do: "await"; readonly id: string; readonly wait: number }
  | {
    readonly do: "mv" | "cp" | "overwrite" | "remove";
    readonly id: string;
    readonly script: string;
    readonly wait: number;
  };

export type ProcessPlan =
  | { readonly kind: "service"; readonly concurrency: number }
  | { readonly kind: "client"; readonly reads: boolean; readonly actions: readonly Action[] };

/** What goes wrong, and when. */
export type Disruption =
  /** kill -9 of one process; it is started again after a while. */
  | {
    readonly kind: "kill";
    readonly step: number;
    readonly process: number;
    readonly pause: number;
  }
  | { readonly kind: "power_cut"; readonly step: number }
  /** SIGTERM to one service. */
  | {
    readonly kind: "stop";
    readonly step: number;
    readonly process: number;
    readonly pause: number;
  }
  /** The wall clock is set. */
  | { readonly kind: "clock"; readonly step: number; readonly by: number }
  | Fault;

export interface Plan {
  readonly seed: number;
  readonly durability: "full" | "relaxed";
  /** The tree has to be made first. */
  readonly bare: boolean;
  readonly stickiness: number;
  readonly call_ms: number;
  readonly event_loss: number;
  /** Disruptions end at this step at the latest. */
  readonly chaos_steps: number;
  /** What precedes the last look: go on, or start everything again, or cut the power. */
  readonly ending: "go_on" | "restart" | "power_cut";
  readonly processes: readonly ProcessPlan[];
  readonly disruptions: readonly Disruption[];
}

/** How far apart the things that go wrong are. */
const CHAOS_STEPS = 420;

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = new Random(seed, 1);
  const ids = ["a", "b", "c"].slice(0, random.between(1, 3));
  const durability = random.chance(0.9) ? "full" : "relaxed";
  const processes = makeProcesses(random, ids);
  return {
    seed,
    durability,
    bare: random.chance(0.03),
    stickiness: random.pick([0, 0, 0.5, 0.9]),
    call_ms: random.pick([0.02, 0.2, 2]),
    event_loss: random.pick([0, 0.3, 1]),
    chaos_steps: CHAOS_STEPS,
    ending: random.pick(
      durability === "full" ? ["go_on", "restart", "power_cut"] : ["go_on", "restart"],
    ),
    processes,
    disruptions: makeDisruptions(random, processes, durability),
  };
}

function makeProcesses(random: Random, ids: readonly string[]): ProcessPlan[] {
  const processes: ProcessPlan[] = [];
  for (let i = random.between(1, 2); i > 0; i--) {
    processes.push({ kind: "service", concurrency: random.between(1, 2) });
  }
  const wild = random.chance(0.06);
  for (let i = random.between(1, 2); i > 0; i--) {
    const actions = Array.from(
      { length: random.between(1, 3) },
      () => makeAction(random, ids, wild),
    );
    processes.push({ kind: "client", reads: random.chance(0.6), actions });
  }
  return processes;
}

function makeAction(random: Random, ids: readonly string[], wild: boolean): Action {
  const id = random.pick(ids);
  const wait = random.pick([0, 0, 5, 40, 700]);
  const script = makeScript(random);
  if (wild && random.chance(0.3)) {
    return { do: random.pick(["overwrite", "remove"]), id, script, wait };
  }
  const kind = random.int(12);
  if (kind < 6) return { do: "enqueue", id, script, wait };
  if (kind < 8) return { do: "cancel", id, wait };
  if (kind < 10) return { do: "retry", id, fresh: random.chance(0.4), wait };
  if (kind < 11) return { do: "await", id, wait };
  return {
    do: random.pick(["mv", "mv", "cp"]),
    id: `${id}${random.pick(["x", "y"])}`,
    script,
    wait,
  };
}

/**
 * What a task's runs do: tool calls (`o`nce, `i`dempotent), then how each attempt ends (`c`ompleted,
 * `f`ailed, `r`etry, rate `l`imited).
 */
function makeScript(random: Random): string {
  const calls = random.pick(["", "o", "o", "i", "oi"]);
  const endings = random.pick(["c", "c", "c", "f", "rc", "lc", "rf"]);
  return `${calls}:${endings}:${random.int(1_000_000)}`;
}

function makeDisruptions(
  random: Random,
  processes: readonly ProcessPlan[],
  durability: Plan["durability"],
): Disruption[] {
  const kinds: Disruption["kind"][] = durability === "full"
    ? ["kill", "kill", "power_cut", "power_cut", "stop", "clock", "fault", "full"]
    : ["kill", "kill", "kill", "stop", "clock", "fault", "full"];
  const disruptions: Disruption[] = [];
  for (let i = random.pick([0, 1, 1, 2, 2, 3]); i > 0; i--) {
    disruptions.push(makeDisruption(random, random.pick(kinds), processes));
  }
  return disruptions;
}

function makeDisruption(
  random: Random,
  kind: Disruption["kind"],
  processes: readonly ProcessPlan[],
): Disruption {
  const step = random.int(CHAOS_STEPS);
  const process = random.int(processes.length);
  const pause = random.pick([0, 10, 600]);
  switch (kind) {
    case "kill":
      return { kind, step, process, pause };
    case "stop":
      return { kind, step, process: 0, pause };
    case "power_cut":
      return { kind, step };
    case "clock":
      return { kind, step, by: random.pick([-60_000, -5_000, 5_000, 86_400_000]) };
    case "full":
      return { kind, call: step, until: step + random.between(5, 60) };
    case "fault": {
      const code = random.pick<ErrorCode>(["ENOSPC", "EIO", "EACCES", "EMFILE"]);
      return { kind, call: step, code };
    }
  }
}
