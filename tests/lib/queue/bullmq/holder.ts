/**
 * One process of processes_test.ts. `work` completes what it can get, and says each id on a line. `hold`
 * keeps its first task and adds to its journal without end, until that is refused.
 */
import { LeaseLost } from "../../../../lib/queue/task_queue.ts";
import { newId } from "../../../../lib/task/id.ts";
import { DONE } from "../contract_fixture.ts";
import { OpenQueue, SHORT } from "./bullmq_scene.ts";

const PAUSE_MS = 20;

const [url = "", mode] = Deno.args;
const open = await OpenQueue.open(url, { service_id: newId(), times: SHORT });
const say = (line: string) => Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
const forever = new AbortController().signal;

async function work(): Promise<void> {
  for (let task; (task = await open.queue.claim(forever)) !== undefined;) {
    await task.start();
    await say(task.record.id);
    await task.finish(DONE);
  }
}

async function hold(): Promise<void> {
  const task = await open.queue.claim(forever);
  if (task === undefined) return;
  await task.start();
  const { id, incarnation } = task.record;
  const journal = await open.journals.open(id, incarnation);
  await say(id);
  for (;;) {
    try {
      await journal.append({ type: "attempt_ended", outcome: "still here" });
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      await say("refused");
      const ending = await task.finish(DONE).catch((error: Error) => error.name);
      return void await say(`finish: ${ending}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

await (mode === "hold" ? hold() : work());
Deno.exit(0);
