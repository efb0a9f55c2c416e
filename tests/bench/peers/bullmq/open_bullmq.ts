import { freePort } from "../free_port.ts";
import { GuardedServer } from "../guarded_server.ts";
import { HelperProcess } from "../helper_process.ts";
import { type FreshQueue, MeasuredPeer } from "../measured_peer.ts";
import type { Peer } from "../peer.ts";
import { peerScript } from "../peer_script.ts";

const PRODUCER = new URL("bullmq_producer.ts", import.meta.url);
const WORKER = new URL("bullmq_worker.ts", import.meta.url);

/** BullMQ on a Redis that appends each command to a file, flushed each second, or each time. */
export function openBullmq(root: string, appendfsync: "everysec" | "always"): Peer {
  return new MeasuredPeer({
    name: `BullMQ, ${appendfsync}`,
    durability: appendfsync === "always" ? "full" : "relaxed",
    remarks: [],
    warmUp: 500,
    fresh: async () => {
      const directory = await Deno.makeTempDir({ dir: root, prefix: "redis-" });
      const { server, port } = await startRedis(directory, appendfsync);
      return freshQueue(server, port);
    },
  });
}

function freshQueue(server: GuardedServer, port: number): FreshQueue {
  return {
    producer: () => new HelperProcess(peerScript(PRODUCER, [String(port)])),
    worker: () => new HelperProcess(peerScript(WORKER, [String(port)])),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function startRedis(directory: string, appendfsync: string) {
  const port = freePort();
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: directory,
    appendonly: "yes",
    appendfsync,
    // No snapshots: they are no part of what is promised here, and would only slow it down.
    save: "",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const ready = /Ready to accept connections/;
  return { server: await GuardedServer.start(["redis-server", ...args], ready), port };
}
