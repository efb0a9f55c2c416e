/**
 * One process of processes_test.ts: claims what it can get, says each id on a line, and completes
 * it, or, told to hold, keeps its first task until it is killed.
 */
import { openStorage } from "../../../../lib/open_storage.ts";
import { newId } from "../../../../lib/task/id.ts";

const [root, mode] = Deno.args;
if (root === undefined) throw new Error("expected a directory");
const usage = {
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
};

const owner = { service_id: newId(), pid: Deno.pid, host: "here" };
const storage = await openStorage({ persistent_dir: root, durability: "relaxed" }, owner);
const say = (line: string) => Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
const forever = new AbortController().signal;
for (let task; (task = await storage.queue.claim(forever)) !== undefined;) {
  await task.start();
  await say(task.record.id);
  if (mode === "hold") await new Promise(() => setInterval(() => {}, 1_000));
  await task.finish({ kind: "completed", result: "done", artifacts: [], usage });
}
