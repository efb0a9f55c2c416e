import { assert } from "@std/assert";
import { loadMutant, MUTANTS } from "./mutants.ts";
import { planOf } from "./plan_of_seed.ts";
import { runPlan } from "./run_seed.ts";

for (const mutant of MUTANTS) {
  Deno.test(`the simulation sees it when ${mutant.name}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      const engine = await loadMutant(mutant, directory);
      let found = false;
      for (let seed = 0; seed < mutant.seeds && !found; seed++) {
        found = (await runPlan(planOf(seed, mutant.theme), engine)).violation !== undefined;
      }
      assert(found, `no violation in ${mutant.seeds} seeds`);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
