/** The storm in its short form; `deno task soak --minutes 10` is the long one. */
import { assert, assertEquals } from "@std/assert";
import { openFileEngine } from "./file_engine.ts";
import { rage } from "./storm.ts";

Deno.test("45 seconds of storm: nothing lost, nothing twice, every end told once", async () => {
  // Another storm each day, the same one all day: a failure can be run again.
  const seed = Math.floor(Date.now() / 86_400_000);
  const report = await rage({
    engine: openFileEngine,
    seconds: 45,
    durability: "relaxed",
    seed,
    rate: 30,
    between_deaths_ms: 1_500,
  });
  assertEquals(report.violations, [], `seed ${seed}`);
  // It was a storm: not a quiet day in which nothing could go wrong.
  assert(report.tasks >= 400, `only ${report.tasks} tasks`);
  assert(report.kills >= 8, `only ${report.kills} kills`);
  assert(report.crashed_attempts >= 5, `only ${report.crashed_attempts} attempts lost a service`);
  assert(report.once_executions >= 10, `only ${report.once_executions} executions of "once" tools`);
  assert(report.cancelled >= 3 && report.retried >= 2, "nobody cancelled or retried");
  assertEquals(report.notifications, report.notifications_shown);
});
