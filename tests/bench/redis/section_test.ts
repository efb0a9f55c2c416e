import { assert, assertEquals } from "@std/assert";
import { hasRedis } from "../peers/start_redis.ts";
import { figureOf, runShortForm } from "../short_form.ts";
import { redisSection } from "./section.ts";

const ignore = !await hasRedis();
const reason = ignore ? " (left out: redis-server is not installed)" : "";

Deno.test({
  name: `beyond one machine measures drains, services and pick-up on Redis beside BullMQ${reason}`,
  ignore,
  fn: async () => {
    const section = redisSection({ appendfsync: ["always"], services: [1, 2] });
    const figures = await runShortForm(section);
    assertEquals(figures.map(({ name }) => name.split(",")[0]), [
      "drain",
      "one service",
      "2 services",
      "pick-up",
      "pick-up",
    ]);
    const { compared } = figureOf(figures, "drain, always");
    const peer = { to: "BullMQ, always", must: { least: 0.7 } };
    assertEquals(compared?.map(({ to, must }) => ({ to, must })), [peer]);
    const [ideal, one] = figureOf(figures, "2 services").compared ?? [];
    assertEquals(ideal?.values, [100]);
    assert(one !== undefined && one.values[0]! <= 51, `${one?.values} tasks/s`);
  },
});
