/** Who does what in the life of a seed. */
import type { Action, Plan, ProcessPlan, Theme } from "./plan.ts";
import { CHAOS_STEPS, makeDisruptions } from "./plan_disruptions.ts";
import { Random } from "./random.ts";

const THEMES: readonly Theme[] = [
  "mixed",
  "pruned",
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
  // Ended tasks are removed, retried and handed in again, all at the same time.
  pruned: (random) => [
    ...services(random, random.between(1, 2)),
    {
      ...client(random, [enqueueKeeping(random, "a"), awaiting("a"), prune(random, "a", 0)]),
      reads: random.chance(0.5),
      parallel: false,
    },
    ...(random.chance(0.5)
      ? clients(random, random.between(1, 2), 3, () => pruning(random, "a"))
      : [{ ...client(random, afterPrune(random, "a")), parallel: false }]),
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

function awaiting(id: string): Action {
  return { do: "await", id, wait: 0 };
}

function prune(random: Random, id: string, wait: number): Action {
  const unread = random.chance(0.6);
  const age = random.chance(0.4) ? { age: random.pick([0, 60_000]) } : {};
  return { do: "prune", id, unread, wait, ...age };
}

// Some runs keep an artifact.
function enqueueKeeping(random: Random, id: string): Extract<Action, { do: "enqueue" }> {
  const action = enqueue(random, id);
  return random.chance(0.5) ? { ...action, script: `k${action.script}` } : action;
}

function pruning(random: Random, id: string): Action {
  const wait = random.pick([0, 5, 40, 120]);
  const kind = random.int(12);
  if (kind < 5) return prune(random, id, wait);
  if (kind < 8) return { do: "retry", id, fresh: random.chance(0.3), wait };
  if (kind < 11) return { ...enqueueKeeping(random, id), wait };
  return { do: "cancel", id, wait };
}

// What may meet half of a task, or what a dead process left of one.
function afterPrune(random: Random, id: string): Action[] {
  const wait = random.int(60);
  const again: Action = { do: "retry", id, fresh: random.chance(0.2), wait: random.int(20) };
  return random.chance(0.5)
    ? [awaiting(id), { ...again, wait }]
    : [awaiting(id), { ...enqueueKeeping(random, id), wait }, awaiting(id), again];
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
 * What a task's runs do: tool calls (`o`nce, `i`dempotent, one that `k`eeps an artifact, a capital for two at the same time), then
 * how each attempt ends (`c`ompleted, `f`ailed, `r`etry, rate `l`imited).
 */
function makeScript(random: Random): string {
  const calls = random.pick(["", "o", "O", "i", "oI"]);
  const endings = random.pick(["c", "c", "f", "f", "rc", "lc", "rf"]);
  return `${calls}:${endings}:${random.int(1_000_000)}`;
}
