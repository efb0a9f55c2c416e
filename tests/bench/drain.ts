/** Section b: services that empty a queue of tasks that do nothing, notifications included. */
import { askPeer } from "./ask_peer.ts";
import { type BenchOptions, type Comparison, type Figure, scaled, type Section } from "./figure.ts";
import { drainTasks } from "./drain_tasks.ts";
import { floorDrain, protocolDrain } from "./floor.ts";
import { isHeldAgainst, peerBound } from "./peer_bounds.ts";
import type { Peer } from "./peers/peer.ts";
import { measureInRounds } from "./rounds.ts";
import { freshPlace } from "./spread_directory.ts";

type Durability = "relaxed" | "full";

export interface DrainCase {
  readonly durability: Durability;
  readonly concurrency: 1 | 10;
  readonly services: 1 | 2;
}

const CASES: readonly DrainCase[] = (["relaxed", "full"] as const).flatMap((durability) =>
  ([1, 2] as const).flatMap((services) =>
    ([1, 10] as const).map((concurrency) => ({ durability, concurrency, services }))
  )
);

const TASKS: Readonly<Record<Durability, number>> = { relaxed: 10_000, full: 2_000 };
/** A service has done so many before it is measured. */
const WARM_UP: Readonly<Record<Durability, number>> = { relaxed: 1_000, full: 50 };
const LEAST_OVER_FLOOR = 0.6;

const PROTOCOL = "every call of the protocol, relaxed";

const DURABLE_GRAPHILE =
  "graphile-worker is held against both durabilities: Postgres flushes every commit, as our full " +
  "durability does and our relaxed one does not.";

export const drain: Section = drainSection(CASES);

/** The section with only some of its cases. */
export function drainSection(cases: readonly DrainCase[]): Section {
  return {
    letter: "b",
    title: "Drain, with results and notifications",
    run: async (options) => {
      if (options.peerQueues?.some(({ name }) => name === "graphile-worker")) {
        options.remark?.(DURABLE_GRAPHILE);
      }
      const measures = [
        ...floorsOf(options),
        ...cases.flatMap((each) => measuresOf(options, each)),
      ];
      const values = await measureInRounds(options, "drain", Object.fromEntries(measures));
      return cases.map((each) => figureOf(each, values, peersFor(options, each)));
    },
  };
}

type Measure = [name: string, measure: () => Promise<number>];

function floorsOf({ root, scale }: BenchOptions): Measure[] {
  const floors = [
    { durability: "relaxed", width: 1 },
    { durability: "full", width: 1 },
    { durability: "full", width: 10 },
  ] as const;
  const measures = floors.map(({ durability, width }): Measure => {
    const count = scaled(TASKS[durability], scale);
    const measure = () => floorDrain(freshPlace(root, "floor"), { count, durability, width });
    return [floorName(durability, width), measure];
  });
  const count = scaled(TASKS.relaxed, scale);
  return [...measures, [PROTOCOL, () => protocolDrain(freshPlace(root, "protocol"), count)]];
}

function floorName(durability: Durability, concurrency: 1 | 10): string {
  // Synchronous calls on one thread: no concurrency makes them faster.
  if (durability === "relaxed") return "floor, relaxed";
  return concurrency === 1 ? "floor, full, one at a time" : "floor, full, 10 flushes overlapped";
}

function measuresOf(options: BenchOptions, each: DrainCase): Measure[] {
  const count = scaled(TASKS[each.durability], options.scale);
  const warm_up = scaled(WARM_UP[each.durability], options.scale);
  return [
    [nameOf(each), () => drainTasks(options.root, { ...each, count, warm_up })],
    // One that two of our figures are held against is measured once, under one name.
    ...peersFor(options, each).map((peer): Measure => [
      peerName(peer, each),
      () =>
        askPeer(
          options,
          () => peer.drain(scaled(TASKS[peer.durability], options.scale), each.concurrency),
          NaN,
        ),
    ]),
  ];
}

function peerName({ name }: Peer, { concurrency }: DrainCase): string {
  return `${name}, concurrency ${concurrency}`;
}

function nameOf({ durability, concurrency, services }: DrainCase): string {
  const who = services === 1 ? "" : ", two services";
  return `${durability}, concurrency ${concurrency}${who}`;
}

function peersFor({ peerQueues = [] }: BenchOptions, { durability, services }: DrainCase) {
  return services === 1 ? peerQueues.filter((peer) => isHeldAgainst(peer, durability)) : [];
}

function figureOf(
  each: DrainCase,
  values: Record<string, number[]>,
  peers: readonly Peer[],
): Figure {
  const { durability, concurrency, services } = each;
  const name = nameOf(each);
  const compared: Comparison[] = services === 1
    ? [overFloor(each, values), ...overProtocol(each, values)]
    : [{ to: "one service", values: values[nameOf({ ...each, services: 1 })]! }];
  for (const peer of peers) {
    const must = peerBound(peer, durability, `drain, concurrency ${concurrency}`);
    const measured = values[peerName(peer, each)]!;
    compared.push({ to: peer.name, values: measured, ...(must === undefined ? {} : { must }) });
  }
  const charted = services === 1 ? { charted: true as const } : {};
  return { section: "b", name, unit: "tasks/s", values: values[name]!, compared, ...charted };
}

function overFloor({ durability, concurrency }: DrainCase, values: Record<string, number[]>) {
  const floor = floorName(durability, concurrency);
  const must = concurrency === 10 ? { must: { least: LEAST_OVER_FLOOR } } : {};
  return { to: floor, values: values[floor]!, ...must };
}

function overProtocol({ durability }: DrainCase, values: Record<string, number[]>): Comparison[] {
  return durability === "relaxed" ? [{ to: PROTOCOL, values: values[PROTOCOL]! }] : [];
}
