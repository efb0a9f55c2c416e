/**
 * `deno task bench --finished N`: what the operator's calls cost beside N finished tasks, and how
 * many times as much as beside a hundredth of them, in one run.
 */
import { join } from "@std/path";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { formatObject } from "../../lib/task/json.ts";
import { newIdAt } from "../../lib/task/id.ts";
import { withDefaults } from "../../lib/task/parse_record.ts";
import { type TaskRecord } from "../../lib/task/record.ts";

export interface FinishedRow {
  readonly name: string;
  /** Milliseconds, of each round. */
  readonly few: number[];
  readonly many: number[];
}

interface Call {
  readonly name: string;
  readonly run: (storage: Storage, id: string) => Promise<unknown>;
}

const PAGE = 50;
const EVERY = 1_000;

const CALLS: readonly Call[] = [
  { name: "list, first page", run: ({ queue }) => queue.list({ limit: PAGE }) },
  {
    name: "list, one of 1,000 fits",
    run: ({ queue }) => queue.list({ limit: PAGE, conversation_id: "rare" }),
  },
  {
    name: "list, the last hour's",
    run: ({ queue }) => queue.list({ limit: PAGE, created_from: Date.now() - 3_600_000 }),
  },
  {
    name: "show",
    run: async ({ queue, journals }, id) => [await queue.get(id), await journals.read(id)],
  },
  { name: "wait, for one that has ended", run: ({ queue }, id) => queue.ended(id, NEVER) },
  { name: "add and cancel", run: addAndCancel },
  { name: "a service's look for orphans", run: ({ queue }) => queue.orphans() },
  { name: "what is outstanding", run: ({ queue }) => queue.outstanding() },
];

const NEVER = new AbortController().signal;

async function addAndCancel({ queue }: Storage): Promise<void> {
  const { id } = await queue.enqueue({ conversation_id: "bench", prompt: "Wait for ever." });
  const answer = await queue.cancel(id);
  if (!answer.ok) throw new Error("the task was not cancelled");
}

/** Measures every call beside few and beside many finished tasks, one right after the other. */
export async function benchFinished(
  root: string,
  rounds: number,
  many: number,
): Promise<FinishedRow[]> {
  const crowds = [
    await openCrowd(join(root, "few"), Math.ceil(many / 100)),
    await openCrowd(join(root, "many"), many),
  ] as const;
  try {
    const rows: FinishedRow[] = CALLS.map(({ name }) => ({ name, few: [], many: [] }));
    // Round 0 warms up and does not count.
    for (let round = 0; round <= rounds; round++) {
      for (const [index, { run }] of CALLS.entries()) {
        const [few, all] = [await time(run, crowds[0]), await time(run, crowds[1])];
        if (round === 0) continue;
        rows[index]!.few.push(few);
        rows[index]!.many.push(all);
      }
    }
    return rows;
  } finally {
    for (const { storage } of crowds) storage.close();
  }
}

interface Crowd {
  readonly storage: Storage;
  /** One of its tasks. */
  readonly id: string;
}

async function time(run: Call["run"], { storage, id }: Crowd): Promise<number> {
  const began = performance.now();
  await run(storage, id);
  return performance.now() - began;
}

async function openCrowd(root: string, count: number): Promise<Crowd> {
  const owner = { service_id: "bench", pid: Deno.pid, host: "bench" };
  const storage = await openStorage({ persistent_dir: root, durability: "relaxed" }, owner);
  let id = "";
  for (let i = 0; i < count; i++) {
    const record = finishedTask(i, Date.now() - (count - i) * 1_000);
    const path = storage.layout.task(
      record.error === undefined ? "completed" : "failed",
      record.id,
    );
    Deno.writeTextFileSync(path, formatObject(record), { mode: 0o600 });
    if (i === count >> 1) id = record.id;
  }
  return { storage, id };
}

/** A record as the queue writes it, of ordinary size; one in ten has failed. */
function finishedTask(number: number, time: number): TaskRecord {
  const at = new Date(time).toISOString();
  const ending = number % 10 === 0
    ? { error: { code: "model_unavailable", message: "The server said 503.", attempt: 1 } }
    : { result: "It rains in Oslo; take an umbrella. ".repeat(6), artifacts: [] };
  const request = {
    conversation_id: number % EVERY === 0 ? "rare" : "bench",
    prompt: "What is the weather in Oslo, and should I take an umbrella?",
    created_at: at,
    incarnation: newIdAt(time) ?? "",
    run: 1,
    attempt: 1,
    interruptions: 0,
    attempts: [{ run: 1, attempt: 1, service_id: "bench", started_at: at, ended_at: at }],
    started_at: at,
    finished_at: at,
    duration_ms: 0,
    ...ending,
  };
  return withDefaults(newIdAt(time) ?? "", request, time);
}
