/**
 * `deno task simulate`: whole lives of services, mains and outside programs on a simulated disk.
 *
 *   --seeds N [--from M] [--threads T]   runs many seeds and says which break an invariant
 *   --seed N                             runs one, makes it smaller, prints what happened
 *   --plan JSON                          runs a plan as the line above printed it
 *   --mutant NAME                        with an engine broken on purpose (see mutants.ts)
 */
import { parseArgs } from "@std/cli";
import { configure } from "@logtape/logtape";
import { type Engine, loadEngine } from "./engine.ts";
import { loadMutant, MUTANTS } from "./mutants.ts";
import type { Plan } from "./plan.ts";
import { planOf } from "./plan_of_seed.ts";
import { runPlan } from "./run_seed.ts";
import { type RangeResult, runRange } from "./seed_range.ts";
import { shrink } from "./shrink.ts";

/** Seeds that a thread takes at a time. */
const CHUNK = 500;
const SHOWN_FAILURES = 10;

const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const flags = parseArgs(args, { string: ["seed", "seeds", "from", "threads", "plan", "mutant"] });
  const mutant = flags["mutant"] as string | undefined;
  const engine = mutant === undefined ? await loadEngine() : await engineOf(mutant);
  if (flags["plan"] !== undefined) return await replay(JSON.parse(String(flags["plan"])), engine);
  if (flags["seed"] !== undefined) return await replay(planOf(number(flags["seed"], 0)), engine);
  const range = { from: number(flags["from"], 0), count: number(flags["seeds"], 10_000) };
  const threads = mutant === undefined
    ? number(flags["threads"], navigator.hardwareConcurrency)
    : 1;
  return await runMany(range, engine, threads);
}

function number(value: unknown, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`"${value}" is no number`);
  return number;
}

async function engineOf(name: string): Promise<Engine> {
  const mutant = MUTANTS.find((candidate) => candidate.name.includes(name));
  if (mutant === undefined) throw new RangeError(`no mutant's name contains "${name}"`);
  const directory = await Deno.makeTempDir();
  try {
    return await loadMutant(mutant, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function replay(plan: Plan, engine: Engine): Promise<number> {
  const { violation } = await runPlan(plan, engine);
  if (violation === undefined) {
    await runPlan(plan, engine, say);
    say("no invariant was broken");
    return 0;
  }
  say(`${violation.message}\nmaking it smaller…`);
  const smaller = await shrink({ plan, violation }, engine);
  await logInto(say);
  await runPlan(smaller.plan, engine, say);
  say(`\n${smaller.violation.message}\n\nThis again, as it stands above:`);
  say(`deno task simulate --plan '${JSON.stringify(smaller.plan)}'`);
  return 1;
}

// What the engine says of itself belongs between the lines of the trace.
async function logInto(write: (line: string) => void): Promise<void> {
  await configure({
    sinks: { trace: ({ message }) => write(`               ${message.map(String).join("")}`) },
    loggers: [
      { category: "bts", lowestLevel: "info", sinks: ["trace"] },
      { category: ["logtape", "meta"], lowestLevel: "fatal", sinks: [] },
    ],
  });
}

async function runMany(
  range: { from: number; count: number },
  engine: Engine,
  threads: number,
): Promise<number> {
  const progress = new Progress(range.count);
  const next = chunks(range);
  if (threads === 1) {
    for (const { from, count } of next) progress.add(await runRange(engine, from, count));
  } else {
    await Promise.all(Array.from({ length: threads }, () => runThread(next, progress)));
  }
  return progress.finish();
}

function* chunks({ from, count }: { from: number; count: number }) {
  for (let at = 0; at < count; at += CHUNK) {
    yield { from: from + at, count: Math.min(CHUNK, count - at) };
  }
}

function runThread(next: Generator<unknown>, progress: Progress): Promise<void> {
  const worker = new Worker(new URL("./seed_worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    const advance = () => {
      const chunk = next.next();
      if (!chunk.done) return worker.postMessage(chunk.value);
      worker.terminate();
      resolve();
    };
    worker.onmessage = ({ data }: MessageEvent<RangeResult>) => {
      progress.add(data);
      advance();
    };
    worker.onerror = (event) => reject(event.error ?? new Error(event.message));
    advance();
  });
}

/** Counts, and says now and then how it stands. */
class Progress {
  readonly #began = performance.now();
  #said = performance.now();
  #seeds = 0;
  #steps = 0;
  #kills = 0;
  #failed = 0;

  constructor(private readonly total: number) {}

  add({ seeds, steps, kills, failed }: RangeResult): void {
    this.#seeds += seeds;
    this.#steps += steps;
    this.#kills += kills;
    for (const { seed, message } of failed) {
      if (this.#failed++ >= SHOWN_FAILURES) continue;
      say(`seed ${seed}: ${message}\n  replay and shrink: deno task simulate --seed ${seed}`);
    }
    if (performance.now() - this.#said < 5_000) return;
    this.#said = performance.now();
    say(`${this.#seeds} of ${this.total} seeds, ${this.#rate()} a second`);
  }

  /** @returns the exit code */
  finish(): number {
    const seconds = ((performance.now() - this.#began) / 1_000).toFixed(1);
    say(
      `${this.#seeds} seeds in ${seconds} s (${this.#rate()} a second): ${this.#steps} steps, ` +
        `${this.#kills} crashes and power cuts, ${this.#failed} violations`,
    );
    return this.#failed === 0 ? 0 : 1;
  }

  #rate(): number {
    return Math.round(this.#seeds / (performance.now() - this.#began) * 1_000);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
