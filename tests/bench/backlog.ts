/** Section d: what a backlog costs. Services keep an index of what is pending in memory. */
import { sleep } from "../../lib/sleep.ts";
import { askPeer } from "./ask_peer.ts";
import { measureDrain, measureStart, medianOf, type Probe, Prober } from "./claimer.ts";
import {
  type BenchOptions,
  type Bound,
  type Comparison,
  type Figure,
  scaled,
  type Section,
} from "./figure.ts";
import { openTree } from "./open_tree.ts";
import { peerBound } from "./peer_bounds.ts";
import type { Peer } from "./peers/peer.ts";
import { roundName } from "./rounds.ts";
import { freshPlace } from "./spread_directory.ts";
import { fillPending } from "./stored_tasks.ts";

const SIZES = [1_000, 10_000, 100_000] as const;
type Size = typeof SIZES[number];
const [SMALL, , LARGE] = SIZES;

/** Tasks that are drained at every size: so many free as many inodes, which makes later ones dear. */
const DRAINED = 10_000;
const PROBES = 100;
/** A queue too slow to be emptied works for so long, seconds. */
const BESIDE_SECONDS = 10;
/** Between two probes, milliseconds at most. */
const PAUSE_MS = 8;
/** A run of a task of a lower priority. One slot alone: who comes meanwhile waits half of it. */
const RUN_MS = 2;

/** What is pending beside the task that is picked up. */
const CROWDS = [
  { name: "not due until tomorrow", run_ms: 0 },
  { name: `of lower priority, each run ${RUN_MS} ms`, run_ms: RUN_MS },
] as const;

const NAMES = {
  drain: "drain, concurrency 10",
  first: "start of a process to its first claim",
  complete: "start of a process to a complete index",
  live: "live memory for each",
  resident: "resident memory for each, garbage not returned included",
} as const;

/** Values of one round after the other, by the figure's name and the size. */
type Values = Map<string, number[]>;

export const backlog: Section = {
  letter: "d",
  title: "Backlog: 1,000, 10,000 and 100,000 pending",
  run: async (options) => {
    const values: Values = new Map();
    const crowds = CROWDS.map(() => SIZES.map((size) => freshPlace(options.root, `crowd-${size}`)));
    for (let round = 0; round <= options.rounds; round++) {
      options.progress(`backlog: ${roundName(round, options.rounds)}`);
      const measured = new Map<string, number>();
      for (const size of SIZES) await measureSize(options, size, measured);
      for (const [which, directories] of crowds.entries()) {
        await measurePickUp(options, which, directories, measured);
      }
      for (const peer of slowPeers(options)) await measurePeer(options, peer, measured);
      if (round === 0) continue;
      for (const [key, value] of measured) values.set(key, [...values.get(key) ?? [], value]);
    }
    return figuresOf(values, options);
  },
};

async function measureSize(
  { root, scale }: BenchOptions,
  size: Size,
  measured: Map<string, number>,
): Promise<void> {
  const pending = scaled(size, scale, 2);
  const count = Math.min(pending, scaled(DRAINED, scale));
  const place = () => freshPlace(root, `backlog-${size}`);
  const directories = Array.from({ length: Math.ceil(scaled(DRAINED, scale) / count) }, place);
  for (const directory of directories) await fillPending(directory, pending);
  const started = await measureStart(directories[0]!);
  measured.set(keyOf(NAMES.first, size), started.first_ms);
  measured.set(keyOf(NAMES.complete, size), started.complete_ms);
  measured.set(keyOf(NAMES.live, size), started.live);
  measured.set(keyOf(NAMES.resident, size), started.resident);
  const warm = place();
  await fillPending(warm, count);
  // The claimer that started has left one task to be recovered.
  await fillPending(directories[0]!, pending);
  measured.set(keyOf(NAMES.drain, size), await measureDrain(warm, directories, count));
}

async function measurePickUp(
  { scale }: BenchOptions,
  which: number,
  directories: readonly string[],
  measured: Map<string, number>,
): Promise<void> {
  const { name, run_ms } = CROWDS[which]!;
  for (const [index, size] of SIZES.entries()) {
    const directory = directories[index]!;
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const fields = run_ms === 0 ? { run_at: tomorrow } : { priority: -5 };
    await fillPending(directory, scaled(size, scale), fields);
    await using prober = await Prober.start(await openTree(directory), directory, run_ms);
    const probes: Probe[] = [];
    while (probes.length < scaled(PROBES, scale, 5)) {
      await sleep(Math.random() * PAUSE_MS);
      probes.push(await prober.probe());
    }
    measured.set(keyOf(name, size), medianOf(probes, "pick_up_ms"));
  }
}

function slowPeers({ peerQueues = [] }: BenchOptions): readonly Peer[] {
  return peerQueues.filter(({ drainBeside }) => drainBeside !== undefined);
}

async function measurePeer(
  options: BenchOptions,
  peer: Peer,
  measured: Map<string, number>,
): Promise<void> {
  const pending = scaled(LARGE, options.scale, 2);
  const seconds = BESIDE_SECONDS * Math.max(0.02, options.scale);
  const drain = async () => await peer.drainBeside?.(pending, seconds) ?? NaN;
  measured.set(keyOf(peer.name, LARGE), await askPeer(options, drain, NaN));
}

function keyOf(name: string, size: Size): string {
  return `${name} ${size}`;
}

function figuresOf(values: Values, options: BenchOptions): Figure[] {
  const of = (name: string, size: Size) => values.get(keyOf(name, size)) ?? [];
  const section = backlog.letter;
  const timed = (name: string, must: Bound | undefined) =>
    SIZES.map((size): Figure => ({
      section,
      name: `${name}, ${label(size)}`,
      unit: "ms",
      values: of(name, size),
      ...(must !== undefined && size === LARGE ? { must } : {}),
    }));
  const flat = (size: Size, values: readonly number[], must?: Bound): { compared?: Comparison[] } =>
    size === SMALL
      ? {}
      : { compared: [{ to: label(SMALL), values, ...(must === undefined ? {} : { must }) }] };
  const besidePeers = slowPeers(options).map((peer): Comparison => {
    const must = peerBound(peer, "relaxed", `drain, ${label(LARGE)}`);
    const to = `${peer.name}, one at a time`;
    return { to, values: of(peer.name, LARGE), ...(must === undefined ? {} : { must }) };
  });
  const beside = (size: Size): Comparison[] => {
    const must = size === LARGE ? { least: 0.8 } : undefined;
    const { compared = [] } = flat(size, of(NAMES.drain, SMALL), must);
    return size === LARGE ? [...compared, ...besidePeers] : compared;
  };
  const eachTask = (name: string, must?: Bound): Figure => ({
    section,
    name: `${name}, ${label(LARGE)}`,
    unit: "bytes",
    values: of(name, LARGE).map((bytes, round) =>
      (bytes - (of(name, SMALL)[round] ?? NaN)) / ((LARGE - SMALL) * options.scale)
    ),
    ...(must === undefined ? {} : { must }),
  });
  return [
    ...SIZES.map((size): Figure => ({
      section,
      name: `${NAMES.drain}, ${label(size)}`,
      unit: "tasks/s",
      values: of(NAMES.drain, size),
      compared: beside(size),
    })),
    ...timed(NAMES.first, { most: 1_000 }),
    ...timed(NAMES.complete, undefined),
    eachTask(NAMES.live, { most: 400 }),
    eachTask(NAMES.resident),
    ...CROWDS.flatMap(({ name }) =>
      SIZES.map((size): Figure => ({
        section,
        name: `pick-up p50, ${size.toLocaleString("en")} ${name}`,
        unit: "ms",
        values: of(name, size),
        ...flat(size, of(name, SMALL)),
      }))
    ),
  ];
}

function label(size: Size): string {
  return `${size.toLocaleString("en")} pending`;
}
