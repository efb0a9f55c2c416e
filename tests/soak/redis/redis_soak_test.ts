/** The storm over Redis in its short form; `deno task soak --queue redis --minutes 10` is the long one. */
import { assert, assertEquals } from "@std/assert";
import { testWithRedis } from "../../support/redis_server.ts";
import { rage } from "../storm.ts";
import { openRedisEngine } from "./redis_engine.ts";

testWithRedis(
  "35 seconds of storm over Redis: nothing lost, nothing twice, every end told once",
  async () => {
    // Another storm each day, the same one all day: a failure can be run again.
    const seed = Math.floor(Date.now() / 86_400_000);
    const report = await rage({
      engine: openRedisEngine,
      seconds: 35,
      durability: "full",
      seed,
      rate: 20,
      between_deaths_ms: 3_000,
    });
    assertEquals(report.violations, [], `seed ${seed}`);
    // It was a storm: not a quiet day in which nothing could go wrong.
    const { server_kills = 0, server_freezes = 0 } = report.strikes;
    assert(server_kills + server_freezes >= 1, "the server was left alone");
    assert(report.tasks >= 150, `only ${report.tasks} tasks`);
    assert(report.kills >= 2, `only ${report.kills} kills`);
    assert(report.crashed_attempts >= 3, `only ${report.crashed_attempts} attempts lost a service`);
    assert(
      report.once_executions >= 3,
      `only ${report.once_executions} executions of "once" tools`,
    );
    assertEquals(report.notifications, report.notifications_shown);
  },
  { large: true },
);
