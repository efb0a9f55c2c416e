/**
 * Claims tasks as fast as the engine can, and lets go of each in running/, until it has had as many
 * as its second argument says; then prints what it did. Its first argument is the directory.
 */
import { configure } from "@logtape/logtape";
import { openStorage } from "../../lib/open_storage.ts";

const [directory = "", count = "0"] = Deno.args;

const log: string[] = [];
await configure({
  sinks: { kept: ({ level, message }) => void log.push(`${level}: ${message.join("")}`) },
  loggers: [
    { category: "bts", lowestLevel: "info", sinks: ["kept"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["kept"] },
  ],
});

const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));

const config = { persistent_dir: directory, durability: "relaxed" } as const;
const owner = { service_id: "burst", pid: Deno.pid, host: "localhost" };
const storage = await openStorage(config, owner);
const end = new AbortController();
const seen = new Map<string, number>();
const first = storage.queue.claim(end.signal);
print("ready");
for (let task = await first; task !== undefined; task = await storage.queue.claim(end.signal)) {
  const { id } = task.record;
  seen.set(id, (seen.get(id) ?? 0) + 1);
  task.abandon();
  if (seen.size >= Number(count)) break;
}
end.abort();
storage.close();
const twice = [...seen].filter(([, times]) => times > 1).length;
print(JSON.stringify({ claimed: seen.size, twice, log }));
