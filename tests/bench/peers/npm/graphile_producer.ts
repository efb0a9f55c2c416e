/** The producer of the graphile-worker peer, in a process of its own: `graphile_producer.ts URL`. */
import { makeWorkerUtils, type WorkerUtils } from "graphile-worker";
import { PAYLOAD } from "../payload.ts";
import { type Producer, serveProducer } from "../serve_producer.ts";
import { TABLES, TASK } from "./graphile_tables.ts";
import { QUIET } from "./quiet.ts";

/** Connections: as many as the calls that the bench has in flight at most. */
const POOL = 32;

function graphileProducer(utils: WorkerUtils): Producer {
  return {
    add: async () => (await utils.addJob(TASK, PAYLOAD)).id,
    fill: async (count) => {
      await utils.addJobs(
        Array.from({ length: count }, () => ({ identifier: TASK, payload: PAYLOAD })),
      );
    },
    checkWaiting: async (count) => {
      const waiting = await countOf(utils, "graphile_worker.jobs where locked_at is null");
      if (waiting !== count) throw new Error(`${waiting} jobs wait, not ${count}`);
    },
    checkDone: (count) => checkDone(utils, count),
  };
}

async function checkDone(utils: WorkerUtils, count: number): Promise<void> {
  const must = [
    ["graphile_worker.jobs", 0, "jobs are left"],
    ["results where result = 'done'", count, "results are kept"],
    ["notifications", count, "notifications are there"],
    ["(select distinct body::json->>'task_id' from notifications) as ids", count, "are notified"],
  ] as const;
  for (const [what, expected, words] of must) {
    const is = await countOf(utils, what);
    if (is !== expected) throw new Error(`${is} ${words}, not ${expected}`);
  }
}

async function countOf(utils: WorkerUtils, what: string): Promise<number> {
  const { rows } = await utils.withPgClient((client) =>
    client.query<{ count: string }>(`select count(*) from ${what}`)
  );
  return Number(rows[0]?.count);
}

if (import.meta.main) {
  const utils = await makeWorkerUtils({
    connectionString: Deno.args[0] ?? "",
    maxPoolSize: POOL,
    logger: QUIET,
  });
  await utils.migrate();
  await utils.withPgClient((client) => client.query(TABLES));
  await serveProducer(graphileProducer(utils));
}
