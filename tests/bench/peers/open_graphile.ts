import { HelperProcess } from "./helper_process.ts";
import { MeasuredPeer } from "./measured_peer.ts";
import type { Peer } from "./peer.ts";
import { peerScript } from "./peer_script.ts";
import type { PostgresCluster } from "./postgres_cluster.ts";

/** Or the library writes a line for each job. */
const NO_LOG = { NO_LOG_SUCCESS: "1" };

/** graphile-worker on Postgres: job by job, or fetching and completing them in batches. */
export function openGraphile(
  cluster: PostgresCluster,
  running: AsyncDisposableStack,
  mode: "plain" | "batching",
): Peer {
  return new MeasuredPeer({
    name: mode === "plain" ? "graphile-worker" : "graphile-worker, local queue",
    durability: "full",
    remarks: mode === "plain" ? [] : [
      "graphile-worker's local queue locks 500 jobs at once and completes them in batches: after " +
      "a crash they wait for hours, and those not yet completed run again.",
    ],
    running,
    warmUp: 300,
    fresh: async () => {
      const { server, url } = await cluster.start();
      const start = (script: string, args: string[]) =>
        new HelperProcess(
          peerScript(script, args, [`net=unix:${cluster.socket}`, `write=${cluster.socket}`]),
          NO_LOG,
        );
      return {
        producer: () => start("graphile_producer.ts", [url]),
        worker: () => start("graphile_worker.ts", [url, mode]),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  });
}
