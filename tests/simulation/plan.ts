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
  /** Who is alive? */
  | { readonly do: "look"; readonly wait: number }
  | {
    readonly do: "mv" | "cp" | "overwrite" | "remove";
    readonly id: string;
    readonly script: string;
    readonly wait: number;
  };

export type ProcessPlan =
  | {
    readonly kind: "service";
    readonly concurrency: number;
    /** Starts so many milliseconds after the others. */
    readonly delay: number;
  }
  | {
    readonly kind: "client";
    /** Shows notifications. */
    readonly reads: boolean;
    /** Does everything at the same time. */
    readonly parallel: boolean;
    readonly actions: readonly Action[];
  };

/** When it goes wrong: at a scheduling point, after so many changes of names or flushes, at a time. */
export type Moment =
  | { readonly step: number }
  | { readonly ms: number }
  | { readonly change: number };

/** What goes wrong. `process` -1 is whoever was just served. */
export type Disruption =
  /** kill -9 of one process; it is started again after a while. */
  | { readonly kind: "kill"; readonly at: Moment; readonly process: number; readonly pause: number }
  | { readonly kind: "power_cut"; readonly at: Moment }
  /** SIGTERM to one service. */
  | { readonly kind: "stop"; readonly at: Moment; readonly process: number; readonly pause: number }
  /** The wall clock is set. */
  | { readonly kind: "clock"; readonly at: Moment; readonly by: number }
  | Fault;

export interface Plan {
  readonly seed: number;
  readonly durability: "full" | "relaxed";
  /** Services announce themselves. */
  readonly presence: boolean;
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

/** Runs are this long, more or less, when nothing goes wrong. */
const CHAOS_STEPS = 420;
const CHAOS_CHANGES = 120;

/** What a run is mostly about. */
export type Theme = "mixed" | "one_task" | "endings" | "cancelled" | "raced" | "failing";

const THEMES: readonly Theme[] = [
  "mixed",
  "mixed",
  "one_task",
  "endings",
  "cancelled",
  "cancelled",
  "raced",
  "failing",
];

/**
 * The plan of a seed.
 *
 * @param wanted only plans of this kind; any when absent
 */
export function planOf(seed: number, wanted?: Theme): Plan {
  const random = new Random(seed, 1);
  const theme = wanted ?? random.pick(THEMES);
  const durability = random.chance(0.9) ? "full" : "relaxed";
  const processes = PROCESSES[theme](random);
  return {
    seed,
    durability,
    presence: random.chance(0.2),
    bare: random.chance(0.03),
    stickiness: random.pick([0, 0, 0.5, 0.9]),
    // Slow calls where somebody is to come in between.
    call_ms: theme === "cancelled" ? 2 : random.pick([0.02, 0.2, 2]),
    event_loss: random.pick([0, 0.3, 1]),
    chaos_steps: CHAOS_STEPS,
    ending: random.pick<Plan["ending"]>(
      durability === "full" ? ["go_on", "restart", "power_cut"] : ["go_on", "restart"],
    ),
    processes,
    disruptions: makeDisruptions(random, processes, durability, theme),
  };
}

const PROCESSES: Record<Theme, (random: Random) => ProcessPlan[]> = {
  mixed: (random) => {
    const ids = ["a", "b", "c"].slice(0, random.between(1, 3));
    const wild = random.chance(0.06);
    return [
      ...services(random, random.between(1, 2)),
      ...clients(random, random.between(1, 2), 3, () => mixedAction(random, ids, wild)),
    ];
  },
  // Everybody wants something of the same task.
  one_task: (random) => [
    ...services(random, random.between(1, 2)),
    client(random, [enqueue(random, "a"), ...some(random, 3, () => operation(random, "a"))]),
    ...clients(random, random.between(1, 2), 3, () => operation(random, "a")),
  ],
  // One life after the other, with readers, to be cut off anywhere.
  endings: (random) => [
    ...services(random, 1),
    {
      ...client(random, [enqueue(random, "a"), ...some(random, 1, () => enqueue(random, "b"))]),
      reads: true,
    },
    ...clients(random, random.int(2), 1, () => operation(random, "a")),
  ],
  // Requests to cancel that may outlive the run they were made for.
  cancelled: (random) => {
    const again = (): Action[] => [
      { do: "await", id: "a", wait: 0 },
      { do: "retry", id: "a", fresh: random.chance(0.2), wait: random.pick([0, 5, 40]) },
    ];
    const first = { ...enqueue(random, "a"), script: `${random.pick(["", "o", "i"])}:f:1` };
    const actions = [first, ...again(), ...again(), ...again()];
    return [
      ...services(random, random.between(1, 2)),
      { kind: "client", reads: false, parallel: false, actions },
      client(random, [{ do: "cancel", id: "a", wait: random.int(60) }]),
    ];
  },
  // Several hand in the same ids at the same moment.
  raced: (random) => [
    { kind: "service", concurrency: 1, delay: random.pick([0, 800]) },
    ...clients(
      random,
      2,
      2,
      () => ({ ...enqueue(random, random.pick(["a", "a", "b"])), wait: random.int(2) }),
    ),
  ],
  // A disk that fails, and is then cut off.
  failing: (random) => [
    ...services(random, 1),
    client(random, [enqueue(random, "a"), ...some(random, 1, () => enqueue(random, "b"))]),
  ],
};

function some<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.between(1, most) }, make);
}

function services(random: Random, count: number): ProcessPlan[] {
  return Array.from({ length: count }, () => ({
    kind: "service",
    concurrency: random.between(1, 2),
    delay: random.pick([0, 0, 0, 0, 800]),
  }));
}

function clients(random: Random, count: number, most: number, make: () => Action): ProcessPlan[] {
  return Array.from({ length: count }, () => client(random, some(random, most, make)));
}

function client(
  random: Random,
  actions: readonly Action[],
): Extract<ProcessPlan, { kind: "client" }> {
  // Who plays an outside program at the same time could not be told from it.
  const parallel = random.chance(0.25) && actions.every((action) => !isOutside(action));
  return { kind: "client", reads: random.chance(0.6), parallel, actions };
}

function isOutside(action: Action): boolean {
  return ["mv", "cp", "overwrite", "remove"].includes(action.do);
}

function enqueue(random: Random, id: string): Extract<Action, { do: "enqueue" }> {
  return { do: "enqueue", id, script: makeScript(random), wait: makeWait(random) };
}

function operation(random: Random, id: string): Action {
  const wait = makeWait(random);
  const kind = random.int(10);
  if (kind < 2) return enqueue(random, id);
  if (kind < 5) return { do: "cancel", id, wait };
  if (kind < 9) return { do: "retry", id, fresh: random.chance(0.4), wait };
  return random.chance(0.5) ? { do: "await", id, wait } : { do: "look", wait };
}

function mixedAction(random: Random, ids: readonly string[], wild: boolean): Action {
  const id = random.pick(ids);
  const [wait, script] = [makeWait(random), makeScript(random)];
  if (wild && random.chance(0.3)) {
    return { do: random.pick(["overwrite", "remove"]), id, script, wait };
  }
  const kind = random.int(12);
  if (kind < 6) return enqueue(random, id);
  if (kind < 11) return operation(random, id);
  return {
    do: random.pick(["mv", "mv", "cp"]),
    id: `${id}${random.pick(["x", "y"])}`,
    script,
    wait,
  };
}

function makeWait(random: Random): number {
  return random.pick([0, 0, 5, 40, 700]);
}

/**
 * What a task's runs do: tool calls (`o`nce, `i`dempotent, a capital for two at the same time), then
 * how each attempt ends (`c`ompleted, `f`ailed, `r`etry, rate `l`imited).
 */
function makeScript(random: Random): string {
  const calls = random.pick(["", "o", "O", "i", "oI"]);
  const endings = random.pick(["c", "c", "f", "f", "rc", "lc", "rf"]);
  return `${calls}:${endings}:${random.int(1_000_000)}`;
}

function makeDisruptions(
  random: Random,
  processes: readonly ProcessPlan[],
  durability: Plan["durability"],
  theme: Theme,
): Disruption[] {
  const kinds: Disruption["kind"][] = [...KINDS[theme]];
  kinds.push(...(durability === "full" ? ["power_cut", "power_cut"] as const : ["kill"] as const));
  if (theme === "failing") return failures(random, durability);
  return Array.from(
    { length: random.pick([0, 1, 1, 2, 2, 3]) },
    () => makeDisruption(random, random.pick(kinds), processes, theme),
  );
}

// A call fails, and then the next one of its kind, or everything.
function failures(random: Random, durability: Plan["durability"]): Disruption[] {
  const { name, call } = rareCall(random);
  const code = random.pick<ErrorCode>(["ENOSPC", "EIO", "EMFILE"]);
  const again = call + random.between(1, 3);
  const second: Disruption = durability === "full" && random.chance(0.5)
    ? { kind: "power_cut", at: { change: 30 + random.int(CHAOS_CHANGES) } }
    : { kind: "fault", name, call: again, code };
  return [{ kind: "fault", name, call, code }, second];
}

const EVERYTHING = ["kill", "stop", "clock", "fault", "full"] as const;
const KINDS: Record<Theme, readonly Disruption["kind"][]> = {
  mixed: EVERYTHING,
  one_task: EVERYTHING,
  endings: ["kill"],
  cancelled: ["kill"],
  raced: ["kill"],
  failing: [],
};

// The calls that matter most are rare among all.
function rareCall(random: Random): { call: number; name: string } {
  const name = random.pick(["flush", "flushdir", "write", "rename", "link", "create", "lock"]);
  return { name, call: random.int(30) };
}

function makeDisruption(
  random: Random,
  kind: Disruption["kind"],
  processes: readonly ProcessPlan[],
  theme: Theme,
): Disruption {
  const step = random.int(CHAOS_STEPS);
  const changes = theme === "raced" ? CHAOS_CHANGES / 6 : CHAOS_CHANGES;
  const change = theme === "cancelled" ? 15 + random.int(60) : random.int(changes);
  const ms = random.pick([20, 100, 900]);
  const at = random.pick<Moment>(
    theme === "cancelled" ? [{ change }] : [{ step }, { ms }, { change }, { change }],
  );
  const pause = random.pick([0, 10, 600]);
  switch (kind) {
    case "kill": {
      // A request to cancel is left over when the one who made it dies.
      const process = theme === "cancelled" && random.chance(0.6)
        ? processes.length - 1
        : random.between(-1, processes.length - 1);
      return { kind, at, process, pause };
    }
    case "stop":
      return { kind, at, process: 0, pause };
    case "power_cut":
      return { kind, at };
    case "clock":
      return { kind, at, by: random.pick([-60_000, -5_000, 5_000, 86_400_000]) };
    case "full":
      return { kind, call: step, until: step + random.between(5, 60) };
    case "fault":
      return {
        kind,
        ...(random.chance(0.4) ? { call: step } : rareCall(random)),
        code: random.pick<ErrorCode>(["ENOSPC", "EIO", "EACCES", "EMFILE"]),
      };
  }
}
