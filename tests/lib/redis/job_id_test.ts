import { assertEquals } from "@std/assert";
import { QueueKeys } from "bullmq";
import { jobIdOf, jobIdsOf, RESERVED_NAMES, taskIdOf } from "../../../lib/redis/job_id.ts";
import { QUEUE_NAME, RedisKeys } from "../../../lib/redis/keys.ts";

Deno.test("an id becomes a job's id and comes back as it was", () => {
  const pairs: [string, string][] = [
    ["sum-1", "sum-1"],
    ["01KA0000000000000000000000", "01KA0000000000000000000000"],
    ["17", "_17"],
    ["007", "_007"],
    ["99999999999999999999", "_99999999999999999999"],
    ["completed", "_completed"],
    ["stalled-check", "_stalled-check"],
  ];
  for (const [task_id, job_id] of pairs) {
    assertEquals(jobIdOf(task_id), job_id);
    assertEquals(taskIdOf(job_id), task_id);
  }
});

Deno.test("a foreign producer's job keeps its id, and a task that is a number has two places", () => {
  assertEquals(taskIdOf("17"), "17");
  assertEquals(taskIdOf("_x"), "_x");
  assertEquals(jobIdsOf("17"), ["_17", "17"]);
  assertEquals(jobIdsOf("sum-1"), ["sum-1"]);
  assertEquals(jobIdsOf("wait"), ["_wait"]);
});

Deno.test("every key of BullMQ's own is reserved, and ours are where it has its", () => {
  const keys = new RedisKeys("bts");
  const theirs = new QueueKeys(keys.prefix);
  const own = Object.entries(theirs.getKeys(QUEUE_NAME)).filter(([name]) => name !== "");
  for (const [name, key] of own) {
    assertEquals(RESERVED_NAMES.includes(name), true, name);
    assertEquals(keys.state(name), key);
  }
  assertEquals(keys.job("x"), theirs.toKey(QUEUE_NAME, "x"));
  assertEquals(keys.lock("x"), theirs.toKey(QUEUE_NAME, "x:lock"));
});
