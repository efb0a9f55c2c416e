/** Section m: services that share no disk, on Redis, beside plain BullMQ doing the same work. */
import type { BenchOptions, Figure, Section } from "../figure.ts";
import { openBullmq } from "../peers/open_bullmq.ts";
import { hasRedis } from "../peers/start_redis.ts";
import { freshPlace } from "../spread_directory.ts";
import { measureDrains } from "./drain.ts";

const MISSING =
  "Beyond one machine is not measured: redis-server was not found; apt-get install redis-server.";

export const beyondOneMachine: Section = {
  letter: "m",
  title: "Beyond one machine (Redis)",
  run: async (options) => {
    if (await hasRedis()) return await measure(options);
    options.remark?.(MISSING);
    return [];
  },
};

async function measure(options: BenchOptions): Promise<Figure[]> {
  await using running = new AsyncDisposableStack();
  const place = freshPlace(options.root, "bullmq");
  const peers = {
    everysec: openBullmq(place, running, "everysec"),
    always: openBullmq(place, running, "always"),
  };
  return [
    ...await measureDrains(options, peers),
  ];
}
