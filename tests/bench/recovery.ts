/**
 * From the SIGKILL of one of two services to the moment in which all of its tasks run again in the
 * other one: there the model has been asked for each of them.
 */
import { join } from "@std/path";
import { sleep } from "../../lib/sleep.ts";
import { eventually } from "../support/eventually.ts";
import { type BenchOptions, scaled, type Section } from "./figure.ts";
import { HELD_MODEL, startModelProcess } from "./model_process.ts";
import { ServiceProcess } from "./service_process.ts";
import { submitTasks } from "./task_files.ts";

const TASKS = 20;
/** The survivor looks this often at most: the kill comes at any point between two looks. */
const LOOKS_EVERY_MS = 500;

export const recovery: Section = {
  letter: "l",
  title: "Recovery",
  async run(options) {
    const tasks = scaled(TASKS, options.scale, 2);
    const values: number[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      options.progress(`recovery of ${tasks} tasks, round ${round}`);
      values.push(await once(tasks, round, options));
    }
    return [{
      section: "l",
      name: `SIGKILL of a service with ${tasks} tasks → all run in the other one`,
      unit: "ms",
      values,
      must: { most: 1_000 },
    }];
  },
};

async function once(tasks: number, round: number, { root, rounds }: BenchOptions): Promise<number> {
  const directory = join(root, `recovery-${round}`, "persistent");
  Deno.mkdirSync(directory, { recursive: true });
  await using model = await startModelProcess();
  const env = { OPENAI_BASE_URL: model.base_url, OPENAI_MODEL: HELD_MODEL };
  const options = { directory, concurrency: tasks, env };
  const calls = (count: number) =>
    eventually(`${count} calls in flight`, async () => await model.inFlight() === count);
  const victim = await ServiceProcess.start(options);
  try {
    submitTasks(directory, "task", tasks, {});
    await calls(tasks);
    const survivor = await ServiceProcess.start(options);
    try {
      await sleep(LOOKS_EVERY_MS * (2 + round / rounds));
      const began = performance.now();
      await victim.kill();
      // Those that the victim made are never answered, so they still count.
      await calls(2 * tasks);
      const lasted = performance.now() - began;
      assertAllRunIn(survivor.pid, directory, tasks);
      return lasted;
    } finally {
      await survivor.kill();
    }
  } finally {
    await victim.kill();
  }
}

function assertAllRunIn(pid: number, directory: string, tasks: number): void {
  const running = join(directory, "tasks/running");
  const records = [...Deno.readDirSync(running)].map(({ name }) =>
    JSON.parse(Deno.readTextFileSync(join(running, name)))
  );
  const there = records.filter((record) => record.pid === pid).length;
  if (there !== tasks) throw new Error(`${there} of ${tasks} tasks run in the other service`);
}
