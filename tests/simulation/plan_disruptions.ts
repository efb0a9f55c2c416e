/** What goes wrong in the life of a seed. */
import type { ErrorCode } from "./os_error.ts";
import type { Disruption, Moment, Plan, ProcessPlan, Theme } from "./plan.ts";
import type { Random } from "./random.ts";

/** Runs are this long, more or less, when nothing goes wrong. */
export const CHAOS_STEPS = 420;
const CHAOS_CHANGES = 120;

/** What goes wrong in a life. */
export function makeDisruptions(
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
  pruned: ["kill", "kill", "fault"],
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
  const change = theme === "cancelled"
    ? 15 + random.int(60)
    : theme === "pruned"
    ? 25 + random.int(50)
    : random.int(changes);
  const ms = random.pick([20, 100, 900]);
  const at = random.pick<Moment>(
    theme === "cancelled" || theme === "pruned"
      ? [{ change }]
      : [{ step }, { ms }, { change }, { change }],
  );
  const pause = random.pick([0, 10, 600]);
  switch (kind) {
    case "kill": {
      // A request to cancel is left over when the one who made it dies, half a task when the one
      // who prunes it does.
      const process = theme === "cancelled" && random.chance(0.6)
        ? processes.length - 1
        : theme === "pruned" && random.chance(0.7)
        ? processes.findIndex(({ kind }) => kind === "client")
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
