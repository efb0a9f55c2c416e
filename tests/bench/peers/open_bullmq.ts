import { join } from "@std/path";
import { freePort } from "./free_port.ts";
import { GuardedServer } from "./guarded_server.ts";
import { HelperProcess } from "./helper_process.ts";
import { MeasuredPeer } from "./measured_peer.ts";
import type { Peer } from "./peer.ts";
import { peerScript } from "./peer_script.ts";

/** BullMQ on a Redis that appends each command to a file, flushed each second, or each time. */
export function openBullmq(
  root: string,
  running: AsyncDisposableStack,
  appendfsync: "everysec" | "always",
): Peer {
  return new MeasuredPeer({
    name: `BullMQ, ${appendfsync}`,
    durability: appendfsync === "always" ? "full" : "relaxed",
    remarks: [],
    running,
    warmUp: 500,
    fresh: async () => {
      const directory = await Deno.makeTempDir({ dir: root, prefix: "redis-" });
      const { server, url } = await startRedis(directory, appendfsync);
      const start = (script: string) =>
        new HelperProcess(peerScript(script, []), { BENCH_REDIS_URL: url });
      return {
        producer: () => start("bullmq_producer.ts"),
        worker: () => start("bullmq_worker.ts"),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  });
}

/** Starts a Redis that only who knows its URL can use. */
async function startRedis(directory: string, appendfsync: string) {
  const [port, password] = [freePort(), crypto.randomUUID()];
  const settings = [
    `port ${port}`,
    "bind 127.0.0.1",
    `requirepass ${password}`,
    `dir ${directory}`,
    "appendonly yes",
    `appendfsync ${appendfsync}`,
    // No snapshots: they are no part of what is promised here, and would only slow it down.
    'save ""',
  ];
  // In a file, since arguments can be seen by every user of the machine.
  const file = join(directory, "redis.conf");
  await Deno.writeTextFile(file, settings.join("\n") + "\n", { mode: 0o600 });
  const ready = /Ready to accept connections/;
  const server = await GuardedServer.start(["redis-server", file], ready);
  return { server, url: `redis://:${password}@127.0.0.1:${port}` };
}
