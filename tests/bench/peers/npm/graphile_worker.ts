/**
 * The worker of the graphile-worker peer, in a process of its own:
 * `graphile_worker.ts URL plain|batching`.
 */
import { makeWorkerUtils, run, type TaskList } from "graphile-worker";
import type { Payload } from "../commands.ts";
import { notificationOf } from "../payload.ts";
import { serveWorker, type Working } from "../serve_worker.ts";
import type { Tally } from "../tally.ts";
import { FINISH, TASK } from "./graphile_tables.ts";
import { QUIET } from "./quiet.ts";

/** As in the measurements on its own performance page. */
const BATCHING = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

async function work(
  connectionString: string,
  batching: boolean,
  concurrentJobs: number,
  tally: Tally,
): Promise<Working> {
  const runner = await run({
    preset: {
      worker: {
        connectionString,
        concurrentJobs,
        // One more than the jobs, as its documentation says.
        maxPoolSize: concurrentJobs + 1,
        logger: QUIET,
        ...(batching ? BATCHING : {}),
      },
    },
    taskList: tasks(tally),
    noHandleSignals: true,
  });
  runner.events.on("job:complete", ({ error }) => {
    if (error === undefined || error === null) tally.ended();
    else tally.failed(String(error));
  });
  return { rest: () => runner.stop(), settled: () => noneLeft(connectionString) };
}

/** A job is "complete" when its handler is: that is written, and the job deleted, a little later. */
async function noneLeft(connectionString: string): Promise<void> {
  const utils = await makeWorkerUtils({ connectionString, maxPoolSize: 1, logger: QUIET });
  await utils.withPgClient(async (client) => {
    while ((await client.query("select from graphile_worker.jobs limit 1")).rowCount !== 0);
  });
  await utils.release();
}

function tasks(tally: Tally): TaskList {
  return {
    [TASK]: async (payload, { job, withPgClient }) => {
      tally.started(job.id);
      const data = payload as Payload;
      const values = [job.id, "done", data.conversation_id, notificationOf(job.id, data)];
      await withPgClient((client) => client.query({ name: "finish", text: FINISH, values }));
    },
  };
}

if (import.meta.main) {
  const [url = "", mode] = Deno.args;
  await serveWorker((concurrency, tally) => work(url, mode === "batching", concurrency, tally));
}
