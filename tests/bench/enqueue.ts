/** Section a: handing in tasks, one producer that waits for each, and many in flight. */
import { askPeer } from "./ask_peer.ts";
import { type BenchOptions, type Comparison, type Figure, scaled, type Section } from "./figure.ts";
import { floorEnqueue } from "./floor.ts";
import { handIn } from "./hand_in.ts";
import { openTree } from "./open_tree.ts";
import type { Peer } from "./peers/peer.ts";
import { measureInRounds } from "./rounds.ts";
import { freshPlace } from "./spread_directory.ts";

const IN_FLIGHT = 32;

interface Case {
  readonly name: string;
  readonly durability: "relaxed" | "full";
  readonly width: number;
  readonly count: number;
  /** What the ratio to the floor must reach. */
  readonly overFloor?: number;
  readonly charted?: true;
}

const ONE_FULL = "full, one at a time";

const CASES: readonly Case[] = [
  {
    name: "relaxed, one at a time",
    durability: "relaxed",
    width: 1,
    count: 10_000,
    overFloor: 0.7,
    charted: true,
  },
  {
    name: `relaxed, ${IN_FLIGHT} in flight`,
    durability: "relaxed",
    width: IN_FLIGHT,
    count: 10_000,
  },
  { name: ONE_FULL, durability: "full", width: 1, count: 1_000, charted: true },
  {
    name: `full, ${IN_FLIGHT} in flight`,
    durability: "full",
    width: IN_FLIGHT,
    count: 3_000,
    charted: true,
  },
];

/** Full, many in flight, over full, one at a time. */
const LEAST_OVERLAP = 3;

export const enqueue: Section = {
  letter: "a",
  title: "Enqueue",
  run: async (options) => {
    const measures = CASES.flatMap((each) => measuresOf(options, each));
    const values = await measureInRounds(options, "enqueue", Object.fromEntries(measures));
    return CASES.map((each) => figureOf(each, values, peersFor(options, each)));
  },
};

function measuresOf(options: BenchOptions, each: Case): [string, () => Promise<number>][] {
  const count = scaled(each.count, options.scale);
  const { durability, width } = each;
  return [
    [floorOf(each), () =>
      floorEnqueue(freshPlace(options.root, "floor"), {
        count,
        durability,
        width: durability === "full" ? width : 1,
      })],
    [each.name, () => enqueueAll(options.root, each, count)],
    ...peersFor(options, each).map((peer): [string, () => Promise<number>] => [
      `${peer.name}, ${each.name}`,
      () => askPeer(options, () => peer.enqueue(count, width), NaN),
    ]),
  ];
}

async function enqueueAll(root: string, { durability, width }: Case, count: number) {
  const storage = await openTree(freshPlace(root, "enqueue"), { durability });
  const began = performance.now();
  await handIn(storage.queue, count, width);
  const seconds = (performance.now() - began) / 1_000;
  storage.close();
  const names = Array.from(Deno.readDirSync(storage.layout.state("pending")));
  if (names.length !== count) throw new Error(`${names.length} of ${count} tasks are in pending/`);
  return count / seconds;
}

function peersFor({ peerQueues = [] }: BenchOptions, { durability }: Case): readonly Peer[] {
  return peerQueues.filter((peer) => peer.durability === durability);
}

function floorOf({ name }: Case): string {
  return `floor, ${name}`;
}

function figureOf(each: Case, values: Record<string, number[]>, peers: readonly Peer[]): Figure {
  const { name, overFloor, charted } = each;
  const compared: Comparison[] = [{
    to: "floor",
    values: values[floorOf(each)]!,
    ...(overFloor === undefined ? {} : { must: { least: overFloor } }),
  }];
  if (each.durability === "full" && each.width > 1) {
    compared.push({ to: ONE_FULL, values: values[ONE_FULL]!, must: { least: LEAST_OVERLAP } });
  }
  for (const peer of peers) {
    compared.push({ to: peer.name, values: values[`${peer.name}, ${name}`]! });
  }
  return {
    section: "a",
    name,
    unit: "tasks/s",
    values: values[name]!,
    compared,
    ...(charted ? { charted } : {}),
  };
}
