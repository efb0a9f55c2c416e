/**
 * `deno task bench`: how fast the queue is beside the bare system calls it needs, in one run.
 *
 * Figures are tasks a second, medians of some rounds; what counts is the ratio to the floor of the
 * same round, since machines differ and are noisy. Every round has a fresh directory, and nothing is
 * deleted before the end: creates beside freshly deleted files are many times dearer on ext4.
 */
import { join } from "@std/path";
import { errorLine, exitCodeOf } from "../../lib/cli/exit_code.ts";
import { helpText } from "../../lib/cli/help.ts";
import { type Flag, parseFlags, wholeNumberOf } from "../../lib/cli/parse_flags.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { benchFinished, type FinishedRow } from "./finished.ts";
import { floorDrain, floorEnqueue, floorTree } from "./floor.ts";

interface Row {
  readonly name: string;
  /** Tasks a second, of each round. */
  readonly ours: number[];
  readonly floor: number[];
}

interface Case {
  readonly name: string;
  readonly durability: "full" | "relaxed";
  /** In flight at once. */
  readonly width: number;
  readonly what: "enqueue" | "drain";
}

const CASES: readonly Case[] = [
  { name: "enqueue, relaxed", durability: "relaxed", width: 1, what: "enqueue" },
  { name: "enqueue, full, one at a time", durability: "full", width: 1, what: "enqueue" },
  { name: "enqueue, full, 32 in flight", durability: "full", width: 32, what: "enqueue" },
  { name: "drain, relaxed, concurrency 1", durability: "relaxed", width: 1, what: "drain" },
  { name: "drain, relaxed, concurrency 10", durability: "relaxed", width: 10, what: "drain" },
  { name: "drain, full, concurrency 1", durability: "full", width: 1, what: "drain" },
  { name: "drain, full, concurrency 10", durability: "full", width: 10, what: "drain" },
];

const NO_USAGE = {
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
};

async function measure(root: string, { durability, width, what }: Case, tasks: number) {
  const owner = { service_id: "bench", pid: Deno.pid, host: "bench" };
  const storage = await openStorage({ persistent_dir: join(root, "ours"), durability }, owner);
  try {
    const enqueued = await rate(tasks, () => enqueueAll(storage, tasks, width));
    return what === "enqueue" ? enqueued : await rate(tasks, () => drain(storage, tasks, width));
  } finally {
    storage.close();
  }
}

async function enqueueAll({ queue }: Storage, tasks: number, width: number): Promise<void> {
  let left = tasks;
  const producer = async () => {
    while (left-- > 0) {
      const { created } = await queue.enqueue({
        conversation_id: "bench",
        prompt: "A prompt of ordinary length, for a task that does nothing. ".repeat(4),
      });
      if (!created) throw new Error("a task was not created");
    }
  };
  await Promise.all(Array.from({ length: width }, producer));
}

async function drain({ queue }: Storage, tasks: number, width: number): Promise<void> {
  const all = new AbortController();
  let left = tasks;
  const consumer = async () => {
    for (;;) {
      const task = await queue.claim(all.signal);
      if (task === undefined) return;
      await task.start();
      await task.finish({ kind: "completed", result: "done", artifacts: [], usage: NO_USAGE });
      if (--left === 0) all.abort();
    }
  };
  await Promise.all(Array.from({ length: width }, consumer));
  const { running, due } = await queue.outstanding();
  if (running + due > 0) throw new Error("the drain left tasks behind");
}

async function measureFloor(root: string, { durability, what }: Case, tasks: number) {
  const tree = join(root, "floor");
  floorTree(tree);
  const ids = Array.from({ length: tasks }, (_, i) => `01J${String(i).padStart(23, "0")}`);
  const full = durability === "full";
  const enqueued = await rate(tasks, () => ids.forEach((id) => floorEnqueue(tree, id, full)));
  if (what === "enqueue") return enqueued;
  return await rate(tasks, () => ids.forEach((id) => floorDrain(tree, id, full)));
}

async function rate(tasks: number, work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return tasks / (performance.now() - began) * 1000;
}

/** Runs every case; the floor of a round is measured right beside it. */
export async function bench(root: string, rounds: number, tasks: number): Promise<Row[]> {
  const rows: Row[] = CASES.map(({ name }) => ({ name, ours: [], floor: [] }));
  // Round 0 warms up and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, which] of CASES.entries()) {
      const count = which.durability === "full" ? Math.ceil(tasks / 5) : tasks;
      const place = join(root, `round-${round}-${index}`);
      const floor = await measureFloor(place, which, count);
      const ours = await measure(place, which, count);
      if (round === 0) continue;
      rows[index]!.ours.push(ours);
      rows[index]!.floor.push(floor);
    }
  }
  return rows;
}

/** Median, smallest and largest. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? NaN;
  return { median: at(0.5), min: at(0), max: at(1) };
}

const line = (cells: string[]) =>
  [cells[0]!.padEnd(32), ...cells.slice(1).map((cell) => cell.padStart(17))].join(" ");

function table(rows: readonly Row[]): string {
  const lines = [line(["tasks a second", "ours", "min–max", "floor", "ours / floor"])];
  for (const { name, ours, floor } of rows) {
    const own = spread(ours);
    const ratio = spread(ours.map((value, round) => value / floor[round]!));
    const whole = (value: number) => Math.round(value).toLocaleString("en");
    lines.push(line([
      name,
      whole(own.median),
      `${whole(own.min)}–${whole(own.max)}`,
      whole(spread(floor).median),
      ratio.median.toFixed(2),
    ]));
  }
  return lines.join("\n");
}

function finishedTable(rows: readonly FinishedRow[], finished: number): string {
  const count = (value: number) => `of ${value.toLocaleString("en")}`;
  const few = Math.ceil(finished / 100);
  const lines = [line(["milliseconds", count(finished), "min–max", count(few), "ratio"])];
  for (const row of rows) {
    const [many, beside] = [spread(row.many), spread(row.few)];
    const ratio = spread(row.many.map((value, round) => value / row.few[round]!));
    const short = (value: number) => value.toFixed(value < 10 ? 2 : 0);
    lines.push(line([
      row.name,
      short(many.median),
      `${short(many.min)}–${short(many.max)}`,
      short(beside.median),
      ratio.median.toFixed(2),
    ]));
  }
  return lines.join("\n");
}

const FLAGS: readonly Flag[] = [
  { name: "json", help: "Print every round's figures as JSON" },
  { name: "rounds", value: "N", help: "Rounds that count, after one that warms up (5)" },
  { name: "tasks", value: "N", help: "Tasks a round; a fifth of them with durability full (2000)" },
  {
    name: "finished",
    value: "N",
    help: "Instead: what the operator's calls cost beside N finished tasks",
  },
];

export type BenchCommand =
  | { readonly kind: "help"; readonly text: string }
  | {
    readonly kind: "bench";
    readonly json: boolean;
    readonly rounds: number;
    readonly tasks: number;
    /** So many finished tasks to measure beside, instead of the queue's speed. */
    readonly finished?: number;
  };

/** @throws {UsageError} on anything that is not understood */
export function parseBenchArgs(args: readonly string[]): BenchCommand {
  const { positionals, values, on } = parseFlags(args, FLAGS);
  if (on.has("help")) {
    const summary = "Measure the queue beside the bare system calls it needs.";
    return { kind: "help", text: helpText({ summary, usage: ["bench [flags]"], flags: FLAGS }) };
  }
  if (positionals[0] !== undefined) {
    throw new UsageError(`Unexpected argument "${positionals[0]}"; see --help`);
  }
  const { rounds = "5", tasks = "2000", finished } = values;
  return {
    kind: "bench",
    json: on.has("json"),
    rounds: wholeNumberOf("rounds", rounds, 1, 1_000),
    tasks: wholeNumberOf("tasks", tasks, 1, 1_000_000),
    ...(finished === undefined
      ? {}
      : { finished: wholeNumberOf("finished", finished, 1, 10_000_000) }),
  };
}

async function run(args: readonly string[]): Promise<string> {
  const command = parseBenchArgs(args);
  if (command.kind === "help") return command.text;
  const root = await Deno.makeTempDir({ prefix: "background-tasks-bench-" });
  try {
    const { json, rounds, finished } = command;
    if (finished !== undefined) {
      const rows = await benchFinished(root, rounds, finished);
      return (json ? JSON.stringify(rows, null, 2) : finishedTable(rows, finished)) + "\n";
    }
    const rows = await bench(root, command.rounds, command.tasks);
    return (command.json ? JSON.stringify(rows, null, 2) : table(rows)) + "\n";
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

if (import.meta.main) {
  try {
    await Deno.stdout.write(new TextEncoder().encode(await run(Deno.args)));
  } catch (error) {
    await Deno.stderr.write(new TextEncoder().encode(errorLine(error) + "\n"));
    Deno.exit(exitCodeOf(error));
  }
}
