/**
 * Section c: how long it takes from just before a producer's call to the start of the run in a
 * service, another process that waits for work; and the same while tasks come steadily.
 */
import type { Storage } from "../../lib/open_storage.ts";
import { sleep } from "../../lib/sleep.ts";
import { askPeer } from "./ask_peer.ts";
import { assertDone } from "./assert_done.ts";
import { BenchChild } from "./bench_child.ts";
import { preciseNow } from "./clock.ts";
import {
  type BenchOptions,
  type Comparison,
  type Figure,
  percentile,
  scaled,
  type Section,
} from "./figure.ts";
import { floorHandIn, makeFloorTree } from "./floor.ts";
import type { FloorMessage } from "./floor_watcher_process.ts";
import { NoopService } from "./noop_service.ts";
import { NOOP_REQUEST } from "./noop_task.ts";
import { openTree } from "./open_tree.ts";
import { peerBound } from "./peer_bounds.ts";
import type { Peer } from "./peers/peer.ts";
import { measureInRounds } from "./rounds.ts";
import { freshPlace } from "./spread_directory.ts";

export const SAMPLES = 500;
/** Tasks a second, where they come steadily; so many come before the first that counts. */
const RATE = 200;
const LEAD_IN = 100;
/** An idle service is left idle for so long between two samples, in milliseconds. */
const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 15;
const CONCURRENCY = 10;
const WARM_UP = 200;
/** The 99th percentile under load, over that of an idle service. */
const MOST_UNDER_LOAD = 3;

type Durability = "relaxed" | "full";

export interface PickUpCase {
  readonly durability: Durability;
  readonly rate?: number;
}

const CASES: readonly PickUpCase[] = (["relaxed", "full"] as const).flatMap((durability) => [
  { durability },
  { durability, rate: RATE },
]);

export const SHARES: readonly (readonly [name: string, share: number])[] = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
  ["max", 1],
];

/** Milliseconds, ascending. */
export type Latencies = readonly number[];

export const pickUp: Section = pickUpSection(CASES);

/** The section with only some of its cases. */
export function pickUpSection(cases: readonly PickUpCase[]): Section {
  return {
    letter: "c",
    title: "Pick-up, by another process",
    run: async (options) => {
      const measures = {
        floor: () => floorPickUp(options),
        ...Object.fromEntries(cases.flatMap((each) => measuresOf(options, each))),
      };
      const values = await measureInRounds(options, "pick-up", measures);
      return cases.flatMap((each) => figuresOf(each, values, peersFor(options, each)));
    },
  };
}

type Measure = [name: string, measure: () => Promise<Latencies>];

function measuresOf(options: BenchOptions, each: PickUpCase): Measure[] {
  return [
    [nameOf(each), () => pickUpOnce(options, each)],
    ...peersFor(options, each).map((peer): Measure => {
      const samples = scaled(SAMPLES, options.scale, 2);
      const ask = () => askPeer(options, () => peer.pickUp(samples, each.rate), []);
      return [`${peer.name}, ${nameOf(each)}`, async () => ascending(await ask())];
    }),
  ];
}

function nameOf({ durability, rate }: PickUpCase): string {
  return rate === undefined ? `${durability}, idle` : `${durability}, at ${rate} tasks/s`;
}

function peersFor({ peerQueues = [] }: BenchOptions, { durability }: PickUpCase): readonly Peer[] {
  return peerQueues.filter((peer) => peer.durability === durability);
}

export const ascending = (values: readonly number[]): Latencies => values.toSorted((a, b) => a - b);

/**
 * Hands in from this process; the service is another one.
 *
 * @param queue_url where the tasks are, if not in files
 */
export async function pickUpOnce(
  options: BenchOptions,
  { durability, rate }: PickUpCase,
  queue_url?: string,
): Promise<Latencies> {
  const directory = freshPlace(options.root, "pick-up");
  const place = { directory, durability, ...(queue_url === undefined ? {} : { queue_url }) };
  const storage = await openTree(directory, { durability, queue_url });
  await using service = await NoopService.start(options.root, {
    ...place,
    concurrency: CONCURRENCY,
    warm_up: scaled(WARM_UP, options.scale),
    tell_each: true,
  });
  await service.go();
  const samples = scaled(SAMPLES, options.scale, 2);
  const lead = scaled(LEAD_IN, options.scale);
  const work = { storage, service, count: samples + lead };
  const handedIn = rate === undefined ? await oneByOne(work) : await steadily(work, rate);
  await storage.close();
  await assertDone(place, { enqueued: [...handedIn.keys()], ran: await service.end() });
  return ascending([...handedIn.values()].slice(lead));
}

interface Work {
  readonly storage: Storage;
  readonly service: NoopService;
  readonly count: number;
}

/** Each one only once the last has ended and the service has been idle. By id, in their order. */
async function oneByOne({ storage, service, count }: Work): Promise<Map<string, number>> {
  const latencies = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const called = preciseNow();
    const { id } = await storage.queue.enqueue(NOOP_REQUEST);
    const began = await service.began();
    if (began.id !== id) throw new Error(`task ${began.id} ran, which was not handed in last`);
    latencies.set(id, began.at - called);
    await sleep(idlePause());
  }
  return latencies;
}

// Not always the same: it would keep in step with a timer of somebody else's.
function idlePause(): number {
  return MIN_PAUSE_MS + Math.random() * (MAX_PAUSE_MS - MIN_PAUSE_MS);
}

async function steadily(work: Work, rate: number): Promise<Map<string, number>> {
  const { storage, service, count } = work;
  const began = (async () => {
    const times = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const { id, at } = await service.began();
      times.set(id, at);
    }
    return times;
  })();
  // If handing in fails, nobody looks at what has begun.
  began.catch(() => {});
  const handedIn = await handInSteadily(storage, count, rate);
  const times = await began;
  return new Map(handedIn.map(({ id, called }) => [id, (times.get(id) ?? NaN) - called]));
}

async function handInSteadily({ queue }: Storage, count: number, rate: number) {
  const start = preciseNow();
  const all: Promise<{ id: string; called: number }>[] = [];
  for (let i = 0; i < count; i++) {
    const wait = start + i * 1_000 / rate - preciseNow();
    if (wait > 0) await sleep(wait);
    const called = preciseNow();
    all.push(queue.enqueue(NOOP_REQUEST).then(({ id }) => ({ id, called })));
  }
  return await Promise.all(all);
}

async function floorPickUp({ root, scale }: BenchOptions): Promise<Latencies> {
  const directory = freshPlace(root, "floor");
  makeFloorTree(directory);
  await using watcher = new BenchChild<FloorMessage>("./floor_watcher_process.ts", directory);
  await watcher.nextOf("ready");
  const latencies: number[] = [];
  const lead = scaled(LEAD_IN, scale);
  for (let i = 0; i < lead + scaled(SAMPLES, scale, 2); i++) {
    const called = preciseNow();
    floorHandIn(directory, `task-${i}`);
    const { at } = await watcher.nextOf("began");
    if (i >= lead) latencies.push(at - called);
    await sleep(idlePause());
  }
  await watcher.end();
  return ascending(latencies);
}

/** Of one percentile: what each measured thing came to, by its name. */
type At = (measured: string) => number[];

function figuresOf(
  each: PickUpCase,
  values: Record<string, Latencies[]>,
  peers: readonly Peer[],
): Figure[] {
  return SHARES.map(([label, share]) => {
    const at: At = (measured) => values[measured]!.map((latencies) => percentile(latencies, share));
    const isCharted = each.rate === undefined && (label === "p50" || label === "p99");
    return {
      section: "c",
      name: `${nameOf(each)}, ${label}`,
      unit: "ms",
      values: at(nameOf(each)),
      compared: [...ownComparisons(each, label, at), ...peerComparisons(each, label, at, peers)],
      ...(isCharted ? { charted: true as const } : {}),
    };
  });
}

function ownComparisons({ durability, rate }: PickUpCase, label: string, at: At): Comparison[] {
  if (rate !== undefined) {
    const must = label === "p99" ? { must: { most: MOST_UNDER_LOAD } } : {};
    return [{ to: "idle", values: at(nameOf({ durability })), ...must }];
  }
  return durability === "relaxed" ? [{ to: "floor", values: at("floor") }] : [];
}

function peerComparisons(
  each: PickUpCase,
  label: string,
  at: At,
  peers: readonly Peer[],
): Comparison[] {
  return peers.map((peer) => {
    const must = each.rate === undefined
      ? peerBound(peer, each.durability, `pick-up ${label}`)
      : undefined;
    const values = at(`${peer.name}, ${nameOf(each)}`);
    return { to: peer.name, values, ...(must === undefined ? {} : { must }) };
  });
}
