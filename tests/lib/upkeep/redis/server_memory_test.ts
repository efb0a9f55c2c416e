import { assertEquals } from "@std/assert";
import { checkHeldBack } from "../../../../lib/upkeep/redis/held_back.ts";
import { checkMemory, memoryFacts } from "../../../../lib/upkeep/redis/server_memory.ts";
import type { Finding } from "../../../../lib/upkeep/finding.ts";

const said = (findings: readonly Finding[]) =>
  findings.map(({ level, message }) => `${level}: ${message}`);

/** What is said of a server whose INFO has these fields. */
const ofInfo = (fields: Record<string, number>) => {
  const lines = Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`);
  return said(checkMemory(memoryFacts(`# Memory\r\n${lines.join("")}maxmemory_human:1M\r\n`)));
};

Deno.test("a server's memory is told beside its limit, and where there is little what to do", () => {
  const [used_memory, maxmemory] = [12_000_000, 100_000_000];
  assertEquals(ofInfo({ used_memory, maxmemory, total_system_memory: 8e9 }), [
    "ok: Redis uses 12 MB of the 100 MB that it may (maxmemory)",
  ]);
  const way = "give it more, or see tasks prune --help";
  assertEquals(ofInfo({ used_memory: 95_000_000, maxmemory }), [
    `look: Redis uses 95 MB of the 100 MB that it may (maxmemory): ${way}`,
  ]);
  assertEquals(ofInfo({ used_memory: 101_000_000, maxmemory }), [
    `bad: Redis uses 101 MB of the 100 MB that it may (maxmemory): ${way}`,
  ]);
});

Deno.test("a server without a limit is held against its machine", () => {
  const usual = { maxmemory: 0, total_system_memory: 8e9 };
  assertEquals(ofInfo({ used_memory: 12_000_000, ...usual }), [
    "ok: Redis uses 12 MB of its machine's 8.0 GB, and has no limit",
  ]);
  assertEquals(ofInfo({ used_memory: 7e9, ...usual }), [
    "look: Redis uses 7.0 GB of its machine's 8.0 GB, and has no limit: give it more, or see " +
    "tasks prune --help",
  ]);
  assertEquals(ofInfo({ used_memory: 1_000_000, maxmemory: 0 }), [
    "ok: Redis uses 1.0 MB of memory, and has no limit",
  ]);
  assertEquals(said(checkMemory(memoryFacts("# Memory\r\n"))), [
    "ok: How much memory Redis uses cannot be seen: its user may not ask for INFO",
  ]);
});

Deno.test("what keeps tasks from starting at BullMQ's own queue is told", () => {
  assertEquals(checkHeldBack({ version: "bullmq:6.4.0", "opts.maxLenEvents": "10000" }), []);
  assertEquals(said(checkHeldBack({ paused: "1", concurrency: "2", max: "5", duration: "1000" })), [
    'bad: The queue "tasks" is paused, so no task starts: resume it where it was paused (bull-board)',
    'look: The queue "tasks" lets 2 tasks run at once on all services together (global concurrency): ' +
    "remove it where it was set if that is not meant",
    'look: The queue "tasks" starts at most 5 tasks in 1000 ms (rate limit): remove it where it was ' +
    "set if that is not meant",
  ]);
});
