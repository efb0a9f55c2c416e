/** The storm over Redis: its server dies, ways to it fail, and where it can be, hosts are cut off. */
import { join } from "@std/path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { openStorage, type Storage } from "../../../lib/open_storage.ts";
import { RedisKeys } from "../../../lib/redis/keys.ts";
import { eventually } from "../../support/eventually.ts";
import { type Host, HostNetwork, hostsProblem } from "../../support/network_hosts.ts";
import { RedisServer } from "../../support/redis_server.ts";
import type { StartOptions } from "../../support/scene.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import type { Remains, StormEngine, Strikes, Surroundings } from "../storm_engine.ts";
import { rageAround, type Way } from "./dangers.ts";
import { readKeys } from "./read_keys.ts";
import { readRemains } from "./redis_remains.ts";

const HOSTS = 3;
/** So many ways for services; a service uses the one of its number. */
const WAYS = 4;
/** Longer than a lease. */
const SERVICE_OUTAGE = [1_000, 25_000] as const;
/** Mains give up after some 20 s; and the server has outages of its own. */
const PEOPLE_OUTAGE = [100, 3_000] as const;
/** A killed service counts as alive for some time. */
const PRESENCE_SECONDS = 60;

/** Opens the storm's part of the BullMQ engine, with a Redis of its own. */
export async function openRedisEngine(surroundings: Surroundings): Promise<StormEngine> {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(
    await RedisServer.start({
      password: crypto.randomUUID(),
      settings: surroundings.durability === "full" ? [] : ["appendfsync everysec"],
    }),
  );
  const network = await hostsProblem() === undefined
    ? opening.use(await HostNetwork.open())
    : undefined;
  const hosts: Host[] = [];
  for (let i = 0; i < (network === undefined ? 0 : HOSTS); i++) {
    hosts.push(await network!.host(`host${i}`));
  }
  const address = network?.address ?? "127.0.0.1";
  const place = placeOf(server);
  const own = opening.use(TcpProxy.start(place));
  const proxies = Array.from({ length: WAYS }, () => opening.use(TcpProxy.start(place, address)));
  const storage = await openStorage(
    {
      persistent_dir: surroundings.scene.directory,
      durability: surroundings.durability,
      queue_url: urlThrough(server, "127.0.0.1", own),
    },
    { service_id: "the-storm", pid: Deno.pid, host: "localhost" },
  );
  opening.defer(() => storage.close());
  const parts = { surroundings, server, hosts, address, own, proxies, storage };
  return new RedisEngine(parts, opening.move());
}

interface Parts {
  readonly surroundings: Surroundings;
  readonly server: RedisServer;
  readonly hosts: readonly Host[];
  readonly address: string;
  readonly own: TcpProxy;
  readonly proxies: readonly TcpProxy[];
  readonly storage: Storage;
}

class RedisEngine implements StormEngine {
  readonly freeze = { share: 0.15, ms: [1_000, 25_000] } as const;
  readonly #keys = new RedisKeys("bts");
  /** Straight to the server. */
  readonly #client: Redis;
  readonly #outsider: Queue;

  constructor(private readonly parts: Parts, private readonly rest: AsyncDisposableStack) {
    const url = parts.server.url;
    this.#client = new Redis(url, { maxRetriesPerRequest: null });
    const outsider = new Redis(url, { maxRetriesPerRequest: null });
    for (const client of [this.#client, outsider]) client.on("error", () => {});
    this.#outsider = new Queue(this.#keys.queue, {
      connection: outsider,
      prefix: this.#keys.prefix,
    });
    this.#outsider.on("error", () => {});
    rest.defer(async () => {
      await this.#outsider.close();
      outsider.disconnect();
      this.#client.disconnect();
    });
  }

  get address(): string {
    return this.parts.address;
  }

  get storage(): Storage {
    return this.parts.storage;
  }

  service(slot: number): StartOptions {
    const { server, hosts, address, proxies } = this.parts;
    const proxy = proxies[slot % proxies.length]!;
    const host = hosts[slot % Math.max(hosts.length, 1)];
    return {
      env: { QUEUE_URL: urlThrough(server, address, proxy) },
      ...(host === undefined ? {} : { under: host.under }),
    };
  }

  async handIn(id: string, record: Record<string, unknown>): Promise<void> {
    await this.#outsider.add("task", record, { jobId: id });
  }

  async waiting(): Promise<number> {
    const { due, retrying, scheduled } = await this.storage.queue.outstanding();
    return due + retrying + scheduled;
  }

  async isCalm(): Promise<boolean> {
    const { running } = await this.storage.queue.outstanding();
    return running + await this.waiting() === 0;
  }

  async notifications(): Promise<number> {
    let total = 0;
    for (const key of await this.#client.keys(`${this.#keys.prefix}:told:*`)) {
      total += await this.#client.hlen(key);
    }
    return total;
  }

  strike(signal: AbortSignal): Promise<Strikes> {
    const { surroundings: { chance }, server, hosts, own, proxies } = this.parts;
    const ways: Way[] = [
      { proxy: own, outage: PEOPLE_OUTAGE },
      ...proxies.map((proxy) => ({ proxy, outage: SERVICE_OUTAGE })),
    ];
    return rageAround({ server, ways, hosts, chance }, signal);
  }

  async remains(): Promise<Remains> {
    const { presence } = this.storage;
    const nobody = async () => (await presence.live()).length === 0;
    const left = await eventually("no service is there any more", nobody, PRESENCE_SECONDS)
      .then(() => [], (error) => [String(error)]);
    const remains = await readRemains(this.#client, this.#keys);
    return { ...remains, litter: [...left, ...remains.litter] };
  }

  async keep(directory: string): Promise<void> {
    const lines = (await readKeys(this.#client, this.#keys)).map((entry) => JSON.stringify(entry));
    await Deno.writeTextFile(join(directory, "redis.jsonl"), lines.join("\n") + "\n");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rest.disposeAsync();
  }
}

function placeOf({ url }: RedisServer): { hostname: string; port: number } {
  const { hostname, port } = new URL(url);
  return { hostname, port: Number(port) };
}

/** The server's URL as somebody has to name it who goes through a proxy. */
function urlThrough(server: RedisServer, hostname: string, proxy: TcpProxy): string {
  const url = new URL(server.url);
  url.hostname = hostname;
  url.port = String(proxy.port);
  return url.href;
}
