/** Does with the packages of Redis what the engine does, under whatever rights this program has. */
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

const [url = ""] = Deno.args;
const open = () => new Redis(url, { maxRetriesPerRequest: null });
const [one, other] = [open(), open()];
const queue = new Queue("tasks", { connection: one, prefix: "{x}" });
const worker = new Worker("tasks", null, { connection: other, prefix: "{x}", autorun: false });
await queue.add("job", { kept: "ä" });
const job = await worker.getNextJob("token", { block: true });
await job?.moveToCompleted("done", "token", false);
const { completed } = await queue.getJobCounts("completed");
await Promise.all([worker.close(), queue.close()]);
one.disconnect();
other.disconnect();
Deno.stdout.writeSync(new TextEncoder().encode(`${job?.data.kept} ${completed}`));
