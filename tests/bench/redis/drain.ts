/** A service that empties a queue of tasks that do nothing, beside plain BullMQ doing the same. */
import { askPeer } from "../ask_peer.ts";
import { drainTasks } from "../drain_tasks.ts";
import { type BenchOptions, type Figure, scaled } from "../figure.ts";
import type { AppendFsync } from "../peers/start_redis.ts";
import { measureInRounds } from "../rounds.ts";
import { APPEND_FSYNC, type BullmqPeers, durabilityOf, withRedis } from "./with_redis.ts";

const CONCURRENCY = 10;
const TASKS: Readonly<Record<AppendFsync, number>> = { everysec: 10_000, always: 5_000 };
/** As many as the peer has done before. */
const WARM_UP = 500;
const LEAST_OVER_BULLMQ = 0.7;

export async function measureDrains(options: BenchOptions, peers: BullmqPeers): Promise<Figure[]> {
  const { root, scale } = options;
  const measures = APPEND_FSYNC.flatMap((appendfsync) => {
    const count = scaled(TASKS[appendfsync], scale);
    const drain = {
      durability: durabilityOf(appendfsync),
      concurrency: CONCURRENCY,
      services: 1,
      count,
      warm_up: scaled(WARM_UP, scale),
    };
    const peer = peers[appendfsync];
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
  return APPEND_FSYNC.map((appendfsync): Figure => {
    const { name } = peers[appendfsync];
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
