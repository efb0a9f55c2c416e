/** Runs a range of seeds, in this thread or in several. */
import type { Engine } from "./engine.ts";
import { planOf } from "./plan_of_seed.ts";
import { runPlan } from "./run_seed.ts";

/** A seed that breaks an invariant. */
export interface FailedSeed {
  readonly seed: number;
  readonly message: string;
}

/** What a range of seeds came to. */
export interface RangeResult {
  readonly seeds: number;
  readonly steps: number;
  readonly kills: number;
  readonly failed: readonly FailedSeed[];
}

export async function runRange(
  engine: Engine,
  from: number,
  count: number,
): Promise<RangeResult> {
  const failed: FailedSeed[] = [];
  let [steps, kills] = [0, 0];
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await runPlan(planOf(seed), engine);
    steps += outcome.steps;
    kills += outcome.kills;
    if (outcome.violation !== undefined) failed.push({ seed, message: outcome.violation.message });
  }
  return { seeds: count, steps, kills, failed };
}
