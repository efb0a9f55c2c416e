import { HelperProcess } from "./helper_process.ts";
import { MeasuredPeer } from "./measured_peer.ts";
import type { Peer } from "./peer.ts";
import { peerScript } from "./peer_script.ts";
import { type AppendFsync, startRedis } from "./start_redis.ts";

/** BullMQ on a Redis that appends each command to a file, flushed each second, or each time. */
export function openBullmq(
  root: string,
  running: AsyncDisposableStack,
  appendfsync: AppendFsync,
): Peer {
  return new MeasuredPeer({
    name: `BullMQ, ${appendfsync}`,
    durability: appendfsync === "always" ? "full" : "relaxed",
    remarks: [],
    running,
    warmUp: 500,
    fresh: async () => {
      const directory = await Deno.makeTempDir({ dir: root, prefix: "redis-" });
      const server = await startRedis(directory, appendfsync);
      const start = (script: string) =>
        new HelperProcess(peerScript(script, []), { BENCH_REDIS_URL: server.url });
      return {
        producer: () => start("bullmq_producer.ts"),
        worker: () => start("bullmq_worker.ts"),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  });
}
