/** What the storm over Redis does to the server and to the ways to it, beside services' deaths. */
import { sleep } from "../../../lib/sleep.ts";
import type { Random } from "../../simulation/random.ts";
import type { Host } from "../../support/network_hosts.ts";
import type { RedisServer } from "../../support/redis_server.ts";
import type { TcpProxy } from "../../support/tcp_proxy.ts";
import type { Strikes } from "../storm_engine.ts";

/** From at least to at most, in milliseconds. */
type Span = readonly [number, number];

/** Somebody's way to the server, and how long it may be out of order at once. */
export interface Way {
  readonly proxy: TcpProxy;
  readonly outage: Span;
}

export interface DangerParts {
  readonly server: RedisServer;
  readonly ways: readonly Way[];
  /** None without the rights to make them. */
  readonly hosts: readonly Host[];
  readonly chance: (stream: number) => Random;
}

/** How long it is quiet between two of a kind. */
const QUIET = {
  server: [6_000, 18_000],
  ways: [500, 4_000],
  hosts: [5_000, 20_000],
} as const satisfies Record<string, Span>;
/** Mains wait some 20 s for a server that is gone: a test of that is another one. */
const SERVER_DOWN: Span = [100, 6_000];
/** Up to several leases. */
const HOST_DOWN: Span = [5_000, 65_000];
const LATENCY: Span = [5, 300];

/** Rages until the signal is aborted, and then puts everything right. */
export async function rageAround(parts: DangerParts, signal: AbortSignal): Promise<Strikes> {
  const counts = new Map<string, number>();
  const count = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const hosts = parts.hosts.length === 0 ? [] : [cutHosts(parts, count, signal)];
  await Promise.all([
    strikeServer(parts, count, signal),
    spoilWays(parts, count, signal),
    ...hosts,
  ]);
  return Object.fromEntries([...counts].sort());
}

type Count = (what: string) => void;

async function strikeServer(
  { server, chance }: DangerParts,
  count: Count,
  signal: AbortSignal,
): Promise<void> {
  const random = chance(10);
  while (await quiet(random, QUIET.server, signal)) {
    const down = random.between(...SERVER_DOWN);
    if (random.chance(0.3)) {
      count("server_freezes");
      server.freeze();
      await sleep(down, signal);
      server.thaw();
    } else {
      count("server_kills");
      await server.kill();
      await sleep(down, signal);
      await server.restart();
    }
  }
}

async function spoilWays(
  { ways, chance }: DangerParts,
  count: Count,
  signal: AbortSignal,
): Promise<void> {
  const random = chance(11);
  const spoiled = new Set<Way>();
  const outages: Promise<void>[] = [];
  while (await quiet(random, QUIET.ways, signal)) {
    const good = ways.filter((way) => !spoiled.has(way));
    if (good.length === 0) continue;
    const way = random.pick(good);
    spoiled.add(way);
    outages.push(spoil(way, random, count, signal).finally(() => spoiled.delete(way)));
  }
  await Promise.all(outages);
}

async function spoil(
  { proxy, outage }: Way,
  random: Random,
  count: Count,
  signal: AbortSignal,
): Promise<void> {
  const how = random.pick(["cut", "cut", "slow", "stall", "refuse"] as const);
  count(`connections_${PAST[how]}`);
  if (how === "cut") return proxy.cut();
  if (how === "refuse") await proxy.refuse();
  else if (how === "slow") proxy.slow(random.between(...LATENCY));
  else proxy.stall();
  await sleep(random.between(...outage), signal);
  await proxy.restore();
}

const PAST = { cut: "cut", slow: "slowed", stall: "stalled", refuse: "refused" } as const;

// One at a time: with all of them cut off there would be nobody to go on.
async function cutHosts(
  { hosts, chance }: DangerParts,
  count: Count,
  signal: AbortSignal,
): Promise<void> {
  const random = chance(12);
  while (await quiet(random, QUIET.hosts, signal)) {
    const host = random.pick(hosts);
    count("hosts_cut_off");
    await host.cutOff();
    await sleep(random.between(...HOST_DOWN), signal);
    await host.reconnect();
  }
}

/** Resolves with `false` where the storm is over. */
async function quiet(random: Random, span: Span, signal: AbortSignal): Promise<boolean> {
  await sleep(random.between(...span), signal);
  return !signal.aborted;
}
