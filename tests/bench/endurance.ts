/**
 * Endurance: ten minutes at a steady rate, one process that hands in, one that runs, one that
 * prunes beside them; the last minute held against the first.
 *
 * Here inodes are freed all the time, on purpose: that is what some file systems grow slow by
 * (lib/cli/tasks/prune_slowly.ts has the numbers).
 */
import { join } from "@std/path";
import { assertAllAccounted } from "./assert_all_accounted.ts";
import { BenchChild } from "./bench_child.ts";
import { preciseNow } from "./clock.ts";
import type { PartMessage, PartOptions, Slice } from "./endurance/part.ts";
import {
  type BenchOptions,
  type Bound,
  type Comparison,
  type Figure,
  MEGABYTE,
  type Section,
} from "./figure.ts";

/** One run. */
interface Course {
  readonly durability: "full" | "relaxed";
  /** Tasks a second. */
  readonly rate: number;
  readonly slices: number;
  /** Milliseconds of a slice at scale 1. */
  readonly slice_ms: number;
}

const COURSES: readonly Course[] = [
  { durability: "relaxed", rate: 500, slices: 10, slice_ms: 60_000 },
  { durability: "full", rate: 200, slices: 4, slice_ms: 30_000 },
];
const PARTS = ["drainer", "pruner", "producer"] as const;
type PartName = typeof PARTS[number];
type Part = BenchChild<PartMessage>;
/** At the smallest scales too there is time for a few tasks. */
const SHORTEST_SLICE_MS = 100;
/** All parts begin so long after they were told, in milliseconds. */
const LEAD_MS = 200;
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth"];

/** Runs once, whatever the number of rounds: it is long, and its figures are of whole minutes. */
export const endurance: Section = {
  letter: "k",
  title: "Endurance: the last of ten minutes at a steady rate, prune beside",
  run: async (options) => {
    const figures: Figure[] = [];
    for (const course of COURSES) figures.push(...await endure(course, options));
    return figures;
  },
};

async function endure(course: Course, options: BenchOptions): Promise<Figure[]> {
  options.progress(`endurance, ${course.rate} tasks/s, ${course.durability}`);
  return figuresOf(course, await follow(course, options));
}

interface Measured extends Readonly<Record<PartName, readonly Slice[]>> {
  /** Milliseconds of a slice as it was. */
  readonly slice_ms: number;
}

async function follow(course: Course, { root, scale }: BenchOptions): Promise<Measured> {
  const { durability, rate, slices } = course;
  const place = join(root, `endurance-${durability}`);
  const persistent_dir = join(place, "persistent");
  const slice_ms = Math.max(SHORTEST_SLICE_MS, course.slice_ms * scale);
  Deno.mkdirSync(place, { recursive: true });
  const idsFile = (name: PartName) => join(place, `${name}.ids`);
  const options = { persistent_dir, durability, rate, slices, slice_ms, age_ms: slice_ms / 2 };
  const measured = await runParts((name) => ({ ...options, ids_file: idsFile(name) }));
  const [ran, pruned, enqueued] = PARTS.map((name) => linesOf(idsFile(name)));
  assertAllAccounted(persistent_dir, { enqueued: enqueued!, ran: ran!, pruned: pruned! });
  return measured;
}

async function runParts(optionsOf: (name: PartName) => PartOptions): Promise<Measured> {
  await using started = new AsyncDisposableStack();
  const parts = PARTS.map((name) =>
    started.use(new BenchChild<PartMessage>(`./endurance/${name}.ts`, optionsOf(name)))
  );
  for (const part of parts) if (await part.next() !== "ready") throw new Error("a part is hasty");
  const { slices, slice_ms } = optionsOf("producer");
  const begin = preciseNow() + LEAD_MS;
  for (const part of parts) await part.tell(String(begin));
  const said = await Promise.all(parts.map((part) => slicesOf(part, slices)));
  const [drainer, pruner, producer] = parts as [Part, Part, Part];
  // In this order nothing is handed in, run or pruned that the next one does not count.
  for (const part of [producer, drainer, pruner]) await part.end();
  return { drainer: said[0]!, pruner: said[1]!, producer: said[2]!, slice_ms };
}

async function slicesOf(part: Part, count: number): Promise<Slice[]> {
  const slices: Slice[] = [];
  while (slices.length < count) slices.push(await part.next() as Slice);
  return slices;
}

function linesOf(path: string): string[] {
  return Deno.readTextFileSync(path).split("\n").slice(0, -1);
}

function figuresOf(course: Course, measured: Measured): Figure[] {
  const { producer, drainer, pruner, slice_ms } = measured;
  const of = new LastSlice(course, slice_ms);
  return [
    ...of.rates(producer, drainer, pruner),
    of.time("enqueue, p50", producer, "p50"),
    of.time("enqueue, p99", producer, "p99"),
    of.time("pick-up, p50", drainer, "p50"),
    of.time("pick-up, p99", drainer, "p99"),
    of.memory("producer", producer),
    of.memory("service", drainer),
    of.memory("prune", pruner),
  ];
}

/** Figures of a course's last slice, held against an early one. */
class LastSlice {
  readonly #slice: string;

  constructor(private readonly course: Course, private readonly slice_ms: number) {
    this.#slice = slice_ms === 60_000 ? "minute" : `${slice_ms / 1000} s`;
  }

  rates(
    producer: readonly Slice[],
    drainer: readonly Slice[],
    pruner: readonly Slice[],
  ): Figure[] {
    const [made, done, gone] = [producer, drainer, pruner].map((said) =>
      said.map(({ count }) => count / this.slice_ms * 1000)
    );
    const must = { least: 0.9 };
    const handedIn = this.#figure("handed in", "tasks/s", made!, this.#at(0, made!, must));
    return [
      handedIn,
      // A service that falls behind would be as fast in its last minute as in the first.
      this.#figure("handled", "tasks/s", done!, this.#at(0, done!, must), {
        to: "handed in",
        values: handedIn.values,
        must,
      }),
      // In the first slice nothing is old enough for half of it.
      this.#figure("pruned", "tasks/s", gone!, this.#at(1, gone!)),
    ];
  }

  time(name: string, said: readonly Slice[], which: "p50" | "p99"): Figure {
    const all = said.map((slice) => slice[which]);
    return this.#figure(name, "ms", all, this.#at(0, all));
  }

  // V8 lets its heap grow for some 50,000 tasks (from 70 to 150 MB; what is used falls back to 17
  // again and again): whether it is flat is judged from the middle on.
  memory(name: string, said: readonly Slice[]): Figure {
    const all = said.map(({ rss }) => rss / MEGABYTE);
    const middle = this.#at(all.length >> 1, all, { most: 1.1 });
    return this.#figure(`memory, ${name}`, "MB", all, middle);
  }

  #at(index: number, all: readonly number[], must?: Bound): Comparison {
    const to = `${ORDINALS[index] ?? `no. ${index + 1},`} ${this.#slice}`;
    return { to, values: [valueAt(all, index)], ...(must && { must }) };
  }

  #figure(
    name: string,
    unit: Figure["unit"],
    all: readonly number[],
    ...compared: Comparison[]
  ): Figure {
    const { rate, durability } = this.course;
    return {
      section: endurance.letter,
      name: `${name}, ${rate}/s, ${durability}`,
      unit,
      values: [valueAt(all, all.length - 1)],
      compared,
    };
  }
}

// JSON has no NaN: what was measured of nothing comes as null.
function valueAt(all: readonly number[], index: number): number {
  return all[index] ?? NaN;
}
