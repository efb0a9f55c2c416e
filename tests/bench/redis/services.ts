/**
 * What more services bring: real ones, each a process of its own, whose tasks are one call of a model
 * that takes 200 ms.
 */
import type { Storage } from "../../../lib/open_storage.ts";
import { parseTime } from "../../../lib/task/time.ts";
import { eventually } from "../../support/eventually.ts";
import { type BenchOptions, type Figure, scaled } from "../figure.ts";
import {
  type ModelProcess,
  startModelProcess,
  TEXT_ANSWER_MS,
  TEXT_MODEL,
} from "../model_process.ts";
import { openTree } from "../open_tree.ts";
import { measureInRounds } from "../rounds.ts";
import { ServiceProcess } from "../service_process.ts";
import { freshPlace } from "../spread_directory.ts";
import { withRedis } from "./with_redis.ts";

const CONCURRENCY = 10;
/** So many tasks for each place of each service. */
const TURNS = 30;
const WARM_UP_TURNS = 5;
/** Tasks are handed in by so many at once. */
const WIDTH = 32;
/** What takes longer has stopped. */
const PATIENCE_SECONDS = 60;

/** @param counts of services; the first one is what the others are held against */
export async function measureServices(
  options: BenchOptions,
  counts: readonly number[],
): Promise<Figure[]> {
  await using model = await startModelProcess();
  const measures = counts.map((services) =>
    [
      nameOf(services),
      () => withRedis(options.root, "everysec", (url) => runOnce(options, model, url, services)),
    ] as const
  );
  const values = await measureInRounds(options, "services", Object.fromEntries(measures));
  return counts.map((services, index): Figure => {
    const own = values[nameOf(services)]!;
    const ideal = services * CONCURRENCY * 1_000 / TEXT_ANSWER_MS;
    const first = { to: howMany(counts[0]!), values: values[nameOf(counts[0]!)]! };
    return {
      section: "m",
      name: nameOf(services),
      unit: "tasks/s",
      values: own,
      compared: [
        { to: "ideal", values: own.map(() => ideal) },
        ...index === 0 ? [] : [first],
      ],
    };
  });
}

function nameOf(services: number): string {
  return `${howMany(services)}, ${CONCURRENCY} tasks of ${TEXT_ANSWER_MS} ms each`;
}

function howMany(services: number): string {
  return services === 1 ? "one service" : `${services} services`;
}

/** Tasks a second from the first one's start to the last one's end. */
async function runOnce(
  options: BenchOptions,
  model: ModelProcess,
  queue_url: string,
  count: number,
): Promise<number> {
  const storage = await openTree(freshPlace(options.root, "main"), { queue_url });
  try {
    await using services = new AsyncDisposableStack();
    const env = {
      QUEUE_URL: queue_url,
      OPENAI_BASE_URL: model.base_url,
      OPENAI_MODEL: TEXT_MODEL,
      DURABILITY: "relaxed",
    };
    const live = () => storage.presence.live();
    for (let n = 0; n < count; n++) {
      const directory = freshPlace(options.root, "service");
      services.use(
        await ServiceProcess.start({ directory, concurrency: CONCURRENCY, env, live }),
      );
    }
    const places = count * CONCURRENCY;
    await runTasks(storage, "warm", places * scaled(WARM_UP_TURNS, options.scale));
    return await runTasks(storage, "task", places * scaled(TURNS, options.scale, 2));
  } finally {
    await storage.close();
  }
}

/** @returns how many ended a second */
async function runTasks(
  { queue }: Storage,
  conversation_id: string,
  count: number,
): Promise<number> {
  let left = count;
  await Promise.all(Array.from({ length: WIDTH }, async () => {
    while (left-- > 0) {
      await queue.enqueue({ conversation_id, prompt: "Say something.", tools: [] });
    }
  }));
  await eventually(`all ${count} tasks have ended`, async () => {
    const { running, due, retrying } = await queue.outstanding();
    return running + due + retrying === 0;
  }, PATIENCE_SECONDS);
  const [began, ended] = [[] as number[], [] as number[]];
  for await (const { state, record } of queue.each({ conversation_id })) {
    if (state !== "completed") throw new Error(`task ${record.id} of the bench is ${state}`);
    began.push(parseTime(record.started_at ?? ""));
    ended.push(parseTime(record.finished_at ?? ""));
  }
  if (ended.length !== count) throw new Error(`of ${count} tasks ${ended.length} are there`);
  return count / (Math.max(...ended) - Math.min(...began)) * 1_000;
}
