/** Section b: services that empty a queue of tasks that do nothing, notifications included. */
import { openStorage } from "../../lib/open_storage.ts";
import { assertAllDone } from "./assert_all_done.ts";
import { type BenchOptions, type Comparison, type Figure, scaled, type Section } from "./figure.ts";
import { floorDrain } from "./floor.ts";
import { handIn } from "./hand_in.ts";
import { NoopService } from "./noop_service.ts";
import { peerBound, peerCount } from "./peer_bounds.ts";
import type { Peer } from "./peers/peer.ts";
import { measureInRounds } from "./rounds.ts";
import { freshPlace } from "./spread_directory.ts";

type Durability = "relaxed" | "full";

interface Case {
  readonly durability: Durability;
  readonly concurrency: 1 | 10;
  readonly services: 1 | 2;
}

const CASES: readonly Case[] = (["relaxed", "full"] as const).flatMap((durability) =>
  ([1, 2] as const).flatMap((services) =>
    ([1, 10] as const).map((concurrency) => ({ durability, concurrency, services }))
  )
);

const TASKS: Readonly<Record<Durability, number>> = { relaxed: 10_000, full: 2_000 };
/** A service has done so many before it is measured. */
const WARM_UP: Readonly<Record<Durability, number>> = { relaxed: 1_000, full: 50 };
/** The setting up of a queue is not measured; durable as the drain is to be, it is this wide. */
const SET_UP_WIDTH = 32;
const LEAST_OVER_FLOOR = 0.6;
/** Services that have done nothing for so long have stopped, in milliseconds. */
const STALLED_MS = 60_000;

export const drain: Section = {
  letter: "b",
  title: "Drain, with results and notifications",
  run: async (options) => {
    const measures = [
      ...floorsOf(options),
      ...CASES.flatMap((each) => measuresOf(options, each)),
    ];
    const values = await measureInRounds(options, "drain", Object.fromEntries(measures));
    return CASES.map((each) => figureOf(each, values, peersFor(options, each)));
  },
};

type Measure = [name: string, measure: () => Promise<number>];

function floorsOf({ root, scale }: BenchOptions): Measure[] {
  const floors = [
    { durability: "relaxed", width: 1 },
    { durability: "full", width: 1 },
    { durability: "full", width: 10 },
  ] as const;
  return floors.map(({ durability, width }) => {
    const count = scaled(TASKS[durability], scale);
    const measure = () => floorDrain(freshPlace(root, "floor"), { count, durability, width });
    return [floorName(durability, width), measure];
  });
}

function floorName(durability: Durability, concurrency: 1 | 10): string {
  // Synchronous calls on one thread: no concurrency makes them faster.
  if (durability === "relaxed") return "floor, relaxed";
  return concurrency === 1 ? "floor, full, one at a time" : "floor, full, 10 flushes overlapped";
}

function measuresOf(options: BenchOptions, each: Case): Measure[] {
  const count = scaled(TASKS[each.durability], options.scale);
  return [
    [nameOf(each), () => drainAll(options, each, count)],
    ...peersFor(options, each).map((peer): Measure => [
      `${peer.name}, ${nameOf(each)}`,
      () => peer.drain(peerCount(peer, count), each.concurrency),
    ]),
  ];
}

function nameOf({ durability, concurrency, services }: Case): string {
  const who = services === 1 ? "" : ", two services";
  return `${durability}, concurrency ${concurrency}${who}`;
}

function peersFor({ peerQueues = [] }: BenchOptions, { durability, services }: Case) {
  return services === 1 ? peerQueues.filter((peer) => peer.durability === durability) : [];
}

/** Tasks a second from the first claim to the last end, whichever service's these are. */
async function drainAll(options: BenchOptions, each: Case, count: number): Promise<number> {
  const { root, scale } = options;
  const { durability, concurrency } = each;
  const directory = freshPlace(root, "drain");
  const ids = await fill(directory, durability, count);
  await using stack = new AsyncDisposableStack();
  const services: NoopService[] = [];
  for (let i = 0; i < each.services; i++) {
    const warm_up = scaled(WARM_UP[durability], scale);
    const orders = { directory, durability, concurrency, warm_up, tell_each: false };
    services.push(stack.use(await NoopService.start(root, orders)));
  }
  for (const service of services) await service.go();
  const seconds = await secondsUntilDone(services, count);
  const done = await Promise.all(services.map((service) => service.end()));
  assertAllDone(directory, ids, done.flat());
  return count / seconds;
}

async function fill(directory: string, durability: Durability, count: number): Promise<string[]> {
  const owner = { service_id: "bench", pid: Deno.pid, host: "bench" };
  const storage = await openStorage({ persistent_dir: directory, durability }, owner);
  try {
    return await handIn(storage.queue, count, durability === "full" ? SET_UP_WIDTH : 1);
  } finally {
    storage.close();
  }
}

async function secondsUntilDone(services: readonly NoopService[], count: number): Promise<number> {
  let done = 0;
  let movedAt = performance.now();
  for (;;) {
    const all = await Promise.all(services.map((service) => service.progress()));
    const now = all.reduce((sum, progress) => sum + progress.count, 0);
    if (now >= count) {
      const first = Math.min(...all.map((progress) => progress.first));
      return (Math.max(...all.map((progress) => progress.last)) - first) / 1_000;
    }
    if (now > done) [done, movedAt] = [now, performance.now()];
    else if (performance.now() - movedAt > STALLED_MS) {
      throw new Error(`the services have stopped after ${done} of ${count} tasks`);
    }
  }
}

function figureOf(each: Case, values: Record<string, number[]>, peers: readonly Peer[]): Figure {
  const { concurrency, services } = each;
  const name = nameOf(each);
  const compared: Comparison[] = services === 1
    ? [overFloor(each, values)]
    : [{ to: "one service", values: values[nameOf({ ...each, services: 1 })]! }];
  for (const peer of peers) {
    const must = peerBound(peer, `drain, concurrency ${concurrency}`);
    const measured = values[`${peer.name}, ${name}`]!;
    compared.push({ to: peer.name, values: measured, ...(must === undefined ? {} : { must }) });
  }
  const charted = services === 1 ? { charted: true as const } : {};
  return { section: "b", name, unit: "tasks/s", values: values[name]!, compared, ...charted };
}

function overFloor({ durability, concurrency }: Case, values: Record<string, number[]>) {
  const floor = floorName(durability, concurrency);
  const must = concurrency === 10 ? { must: { least: LEAST_OVER_FLOOR } } : {};
  return { to: floor, values: values[floor]!, ...must };
}
