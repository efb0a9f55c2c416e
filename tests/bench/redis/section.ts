/** Section m: services that share no disk, on Redis, beside plain BullMQ doing the same work. */
import type { BenchOptions, Figure, Section } from "../figure.ts";
import { openBullmq } from "../peers/open_bullmq.ts";
import { type AppendFsync, hasRedis } from "../peers/start_redis.ts";
import { freshPlace } from "../spread_directory.ts";
import { measureDrains } from "./drain.ts";
import { measurePickUps } from "./pick_up.ts";
import { measureServices } from "./services.ts";
import type { Pair } from "./with_redis.ts";

const MISSING =
  "Beyond one machine is not measured: redis-server was not found; apt-get install redis-server.";

/** What of it is measured. */
export interface RedisCases {
  readonly appendfsync: readonly AppendFsync[];
  /** How many services share the work. */
  readonly services: readonly number[];
}

export const beyondOneMachine: Section = redisSection({
  appendfsync: ["everysec", "always"],
  services: [1, 2, 4],
});

/** The section with only some of its cases. */
export function redisSection(cases: RedisCases): Section {
  return {
    letter: "m",
    title: "Beyond one machine (Redis)",
    run: async (options) => {
      if (await hasRedis()) return await measure(options, cases);
      options.remark?.(MISSING);
      return [];
    },
  };
}

async function measure(options: BenchOptions, cases: RedisCases): Promise<Figure[]> {
  await using running = new AsyncDisposableStack();
  const place = freshPlace(options.root, "bullmq");
  const pairs = cases.appendfsync.map((appendfsync): Pair => ({
    appendfsync,
    peer: openBullmq(place, running, appendfsync),
  }));
  return [
    ...await measureDrains(options, pairs),
    ...await measureServices(options, cases.services),
    ...await measurePickUps(options, pairs),
  ];
}
