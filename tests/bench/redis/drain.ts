/** A service that empties a queue of tasks that do nothing, beside plain BullMQ doing the same. */
import { askPeer } from "../ask_peer.ts";
import { drainTasks } from "../drain_tasks.ts";
import { type BenchOptions, type Figure, scaled } from "../figure.ts";
import type { AppendFsync } from "../peers/start_redis.ts";
import { measureInRounds } from "../rounds.ts";
import { durabilityOf, type Pair, withRedis } from "./with_redis.ts";

const CONCURRENCY = 10;
const TASKS: Readonly<Record<AppendFsync, number>> = { everysec: 10_000, always: 5_000 };
/** As many as the peer has done before. */
const WARM_UP = 500;
const LEAST_OVER_BULLMQ = 0.7;

export async function measureDrains(
  options: BenchOptions,
  pairs: readonly Pair[],
): Promise<Figure[]> {
  const { root, scale } = options;
  const measures = pairs.flatMap(({ appendfsync, peer }) => {
    const count = scaled(TASKS[appendfsync], scale);
    const drain = {
      durability: durabilityOf(appendfsync),
      concurrency: CONCURRENCY,
      services: 1,
      count,
      warm_up: scaled(WARM_UP, scale),
    };
    return [
      [
        appendfsync,
        () =>
          withRedis(root, appendfsync, (queue_url) => drainTasks(root, { ...drain, queue_url })),
      ],
      [peer.name, () => askPeer(options, () => peer.drain(count, CONCURRENCY), NaN)],
    ] as const;
  });
  const values = await measureInRounds(options, "drain in Redis", Object.fromEntries(measures));
  return pairs.map(({ appendfsync, peer: { name } }): Figure => {
    const must = { least: LEAST_OVER_BULLMQ };
    return {
      section: "m",
      name: `drain, ${appendfsync}, concurrency ${CONCURRENCY}`,
      unit: "tasks/s",
      values: values[appendfsync]!,
      compared: [{ to: name, values: values[name]!, must }],
    };
  });
}
