/**
 * What the agent adds to its model: tasks of three steps with two tool calls in each but the last,
 * the real service, full durability, and a model that answers in exactly 100 ms. Then how much
 * memory a thousand model calls in flight take.
 */
import { join } from "@std/path";
import { eventually } from "../support/eventually.ts";
import { type BenchOptions, type Figure, MEGABYTE, scaled, type Section } from "./figure.ts";
import {
  ANSWER_MS,
  CALLS_PER_STEP,
  HELD_MODEL,
  type ModelProcess,
  startModelProcess,
  STEPS,
  STEPS_MODEL,
} from "./model_process.ts";
import { usedBy } from "./process_figures.ts";
import { ServiceProcess } from "./service_process.ts";
import { countIn, submitTasks } from "./task_files.ts";

const CONCURRENCY = 50;
const TASKS = 200;
const IN_FLIGHT = 1_000;
/** What takes longer has stopped. */
const PATIENCE_SECONDS = 60;
const CALLS = (STEPS - 1) * CALLS_PER_STEP;

export const agent: Section = {
  letter: "f",
  title: "Agent overhead",
  async run(options) {
    return [await overhead(options), await memory(options)];
  },
};

async function overhead(options: BenchOptions): Promise<Figure> {
  await using model = await startModelProcess();
  const concurrency = scaled(CONCURRENCY, options.scale, 2);
  // As many for each slot at every scale.
  const tasks = TASKS / CONCURRENCY * concurrency;
  const values: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    options.progress(`agent overhead, ${tasks} tasks, ${concurrency} at once, round ${round}`);
    const directory = join(options.root, `agent-${round}`, "persistent");
    Deno.mkdirSync(directory, { recursive: true });
    values.push(await overheadOnce(model, directory, tasks, concurrency));
  }
  return {
    section: "f",
    name:
      `${tasks} tasks of ${STEPS} steps and ${CALLS} tool calls, ${concurrency} at once: wall time / ideal`,
    unit: "×",
    values,
    must: { most: 1.15 },
  };
}

async function overheadOnce(
  model: ModelProcess,
  directory: string,
  tasks: number,
  concurrency: number,
): Promise<number> {
  const env = { OPENAI_BASE_URL: model.base_url, OPENAI_MODEL: STEPS_MODEL };
  await using _service = await ServiceProcess.start({ directory, concurrency, env });
  // As many as run at once, so that every tool process is there: a service starts them but once.
  await runTasks(directory, "warm", concurrency);
  const began = performance.now();
  await runTasks(directory, "task", tasks);
  const ideal = tasks / concurrency * STEPS * ANSWER_MS;
  return (performance.now() - began) / ideal;
}

async function runTasks(directory: string, prefix: string, count: number): Promise<void> {
  submitTasks(directory, prefix, count, { tools: ["calculate"] });
  await eventually(`${count} tasks in completed/`, () => {
    const failed = countIn(directory, "failed", prefix);
    if (failed > 0) throw new Error(`${failed} tasks of the bench have failed`);
    return countIn(directory, "completed", prefix) === count;
  }, PATIENCE_SECONDS);
}

async function memory(options: BenchOptions): Promise<Figure> {
  const calls = scaled(IN_FLIGHT, options.scale, 2);
  const values: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    options.progress(`${calls} model calls in flight, round ${round}`);
    const directory = join(options.root, `in-flight-${round}`, "persistent");
    Deno.mkdirSync(directory, { recursive: true });
    // One for each round: it never learns that the last one's callers are gone.
    await using model = await startModelProcess();
    const env = { OPENAI_BASE_URL: model.base_url, OPENAI_MODEL: HELD_MODEL };
    const service = await ServiceProcess.start({ directory, concurrency: calls, env });
    try {
      submitTasks(directory, "held", calls, {});
      const are = async () => await model.inFlight() === calls;
      await eventually(`${calls} calls in flight`, are, PATIENCE_SECONDS);
      values.push((await usedBy(service.pid)).most_memory / MEGABYTE);
    } finally {
      await service.kill();
    }
  }
  return {
    section: "f",
    name: `${
      calls.toLocaleString("en")
    } model calls in flight: the service's memory at its highest`,
    unit: "MB",
    values,
    must: { most: 400 },
  };
}
