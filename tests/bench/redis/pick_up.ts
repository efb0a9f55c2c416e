/** How long an idle service takes to begin a task, beside plain BullMQ. */
import { askPeer } from "../ask_peer.ts";
import { type BenchOptions, type Figure, percentile, scaled } from "../figure.ts";
import { ascending, type Latencies, pickUpOnce, SAMPLES, SHARES } from "../pick_up.ts";
import { measureInRounds } from "../rounds.ts";
import { durabilityOf, type Pair, withRedis } from "./with_redis.ts";

export async function measurePickUps(
  options: BenchOptions,
  pairs: readonly Pair[],
): Promise<Figure[]> {
  const { root, scale } = options;
  const samples = scaled(SAMPLES, scale, 2);
  const measures = pairs.flatMap(({ appendfsync, peer }) => {
    const each = { durability: durabilityOf(appendfsync) };
    const ask = () => askPeer(options, () => peer.pickUp(samples), []);
    return [
      [
        appendfsync,
        () => withRedis(root, appendfsync, (queue_url) => pickUpOnce(options, each, queue_url)),
      ],
      [peer.name, async () => ascending(await ask())],
    ] as const;
  });
  const values = await measureInRounds(
    options,
    "pick-up from Redis",
    Object.fromEntries<() => Promise<Latencies>>(measures),
  );
  const idle = SHARES.filter(([label]) => label === "p50" || label === "p99");
  return pairs.flatMap(({ appendfsync, peer: { name } }) =>
    idle.map(([label, share]): Figure => {
      const at = (name: string) => values[name]!.map((waits) => percentile(waits, share));
      return {
        section: "m",
        name: `pick-up, ${appendfsync}, idle, ${label}`,
        unit: "ms",
        values: at(appendfsync),
        compared: [{ to: name, values: at(name) }],
      };
    })
  );
}
