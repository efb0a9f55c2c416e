import { assert, assertEquals } from "@std/assert";
import { loadEngine } from "./engine.ts";
import { loadMutant, MUTANTS } from "./mutants.ts";
import { planOf } from "./plan_of_seed.ts";
import { REGRESSIONS } from "./regressions.ts";
import { runPlan } from "./run_seed.ts";
import { runRange } from "./seed_range.ts";
import { candidates, shrink } from "./shrink.ts";

const engine = await loadEngine();

Deno.test("3,000 lives with crashes, power cuts and faults break no invariant", async () => {
  const { failed, kills } = await runRange(engine, 0, 3_000);
  assertEquals(failed, []);
  assert(kills > 3_000, "the simulation must interrupt its processes");
});

for (const { name, plan } of REGRESSIONS) {
  Deno.test(`a life that once broke an invariant does no more: ${name}`, async () => {
    const { violation } = await runPlan(plan, engine);
    assertEquals(violation?.message, undefined);
  });
}

Deno.test("a seed gives the same run again, step by step", async () => {
  let steps = 0;
  for (const seed of [3, 25, 77, 1_000_003]) {
    const traces = [[], []] as string[][];
    for (const trace of traces) await runPlan(planOf(seed), engine, (line) => trace.push(line));
    steps += traces[0]?.length ?? 0;
    assertEquals(traces[0], traces[1]);
  }
  assert(steps > 100, `${steps} steps show little`);
});

Deno.test("different seeds give different runs", async () => {
  const traces = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const lines: string[] = [];
    await runPlan(planOf(seed), engine, (line) => lines.push(line));
    traces.add(lines.join("\n"));
  }
  assertEquals(traces.size, 20);
});

Deno.test("shrink() leaves a plan that fails by the same rule and cannot be made smaller at once", async () => {
  const mutant = MUTANTS.find(({ name }) => name === "no directory is flushed");
  assert(mutant !== undefined);
  const directory = await Deno.makeTempDir();
  try {
    const broken = await loadMutant(mutant, directory);
    let seed = 0;
    let violation = undefined;
    while (violation === undefined) violation = (await runPlan(planOf(seed++), broken)).violation;
    const plan = planOf(seed - 1);
    const smaller = await shrink({ plan, violation }, broken);
    assertEquals(smaller.violation.rule, violation.rule);
    assertEquals((await runPlan(smaller.plan, broken)).violation?.rule, violation.rule);
    assert([...candidates(smaller.plan)].length < [...candidates(plan)].length);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
