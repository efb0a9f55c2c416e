/** Section e: what finished tasks cost. Nobody reads them but who asks for them. */
import { sleep } from "../../lib/sleep.ts";
import { denoArgs, PROJECT } from "../support/program.ts";
import { medianOf, type Probe, Prober } from "./claimer.ts";
import { type BenchOptions, type Bound, type Figure, scaled, type Section } from "./figure.ts";
import { openTree } from "./open_tree.ts";
import { roundName } from "./rounds.ts";
import { freshPlace } from "./spread_directory.ts";
import { fillFinished } from "./stored_tasks.ts";

const SIZES = [0, 100_000, 1_000_000] as const;
type Size = typeof SIZES[number];

const PROBES = 100;
/** Between two probes, milliseconds at most. */
const PAUSE_MS = 8;
const SLOWEST_LIST_MS: Readonly<Partial<Record<Size, number>>> = { 100_000: 500, 1_000_000: 5_000 };

interface Tree {
  readonly size: Size;
  readonly directory: string;
  readonly pickUp: number[];
  readonly enqueue: number[];
  readonly list: number[];
}

export const history: Section = {
  letter: "e",
  title: "History: 0, 100,000 and 1,000,000 finished",
  run: async (options) => {
    const trees: Tree[] = [];
    for (const size of SIZES) trees.push(await makeTree(options, size));
    for (let round = 0; round <= options.rounds; round++) {
      options.progress(`history: ${roundName(round, options.rounds)}`);
      await measureRound(options, trees, round > 0);
    }
    return trees.flatMap((tree) => figuresOf(tree, trees[0]!));
  },
};

// Once for all rounds: a million files take half a minute, and nothing that is measured changes
// them.
async function makeTree({ root, scale, progress }: BenchOptions, size: Size): Promise<Tree> {
  const directory = freshPlace(root, `history-${size}`);
  const count = Math.round(size * scale);
  progress(`history: making ${count.toLocaleString("en")} finished tasks`);
  await fillFinished(directory, count);
  return { size, directory, pickUp: [], enqueue: [], list: [] };
}

async function measureRound(
  { scale }: BenchOptions,
  trees: readonly Tree[],
  counts: boolean,
): Promise<void> {
  const probers: Prober[] = [];
  try {
    for (const { directory } of trees) {
      probers.push(await Prober.start(await openTree(directory), directory, 0));
    }
    const probes = await probeInTurn(probers, scaled(PROBES, scale, 5));
    for (const [index, tree] of trees.entries()) {
      const list_ms = await timeOfList(tree.directory);
      if (!counts) continue;
      tree.pickUp.push(medianOf(probes[index]!, "pick_up_ms"));
      tree.enqueue.push(medianOf(probes[index]!, "enqueue_ms"));
      tree.list.push(list_ms);
    }
  } finally {
    for (const prober of probers) await prober[Symbol.asyncDispose]();
  }
}

// One tree after the other each time: what disturbs one of them disturbs all.
async function probeInTurn(probers: readonly Prober[], count: number): Promise<Probe[][]> {
  const probes: Probe[][] = probers.map(() => []);
  for (let i = 0; i < count; i++) {
    for (const [index, prober] of probers.entries()) {
      await sleep(Math.random() * PAUSE_MS);
      probes[index]!.push(await prober.probe());
    }
  }
  return probes;
}

/** Milliseconds of the whole process that prints the first page; `deno task` itself is not in them. */
async function timeOfList(directory: string): Promise<number> {
  const began = performance.now();
  const { code, stdout } = await new Deno.Command("deno", {
    args: [...denoArgs("tasks"), "list", "--dir", directory, "--json"],
    cwd: PROJECT,
    stderr: "inherit",
  }).output();
  const lasted = performance.now() - began;
  if (code !== 0) throw new Error(`"tasks list" ended with exit code ${code}`);
  const page: unknown[] = JSON.parse(new TextDecoder().decode(stdout));
  if (page.length === 0) throw new Error('"tasks list" did not list the tasks of the bench');
  return lasted;
}

function figuresOf({ size, pickUp, enqueue, list }: Tree, none: Tree): Figure[] {
  const section = history.letter;
  const most = SLOWEST_LIST_MS[size];
  const finished = `${size.toLocaleString("en")} finished`;
  const beside = (values: readonly number[], must?: Bound) =>
    size === 0
      ? {}
      : { compared: [{ to: "none finished", values, ...(must === undefined ? {} : { must }) }] };
  return [
    {
      section,
      name: `pick-up p50, ${finished}`,
      unit: "ms",
      values: pickUp,
      ...beside(none.pickUp, { most: 1.2 }),
    },
    {
      section,
      name: `enqueue p50, ${finished}`,
      unit: "ms",
      values: enqueue,
      ...beside(none.enqueue),
    },
    {
      section,
      name: `tasks list, first page, ${finished}`,
      unit: "ms",
      values: list,
      ...(most === undefined ? {} : { must: { most } }),
    },
  ];
}
