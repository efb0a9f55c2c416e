/** A server that takes nothing, and servers of other kinds: tasks are kept, and go on. */
import { assertEquals, assertRejects } from "@std/assert";
import { RedisProblem } from "../../../../lib/redis/redis_problem.ts";
import { NotStarted } from "../../../../lib/queue/task_queue.ts";
import { CapturedLog } from "../../../support/captured_log.ts";
import { eventually } from "../../../support/eventually.ts";
import {
  RedisServer,
  type RedisServerOptions,
  testWithRedis,
} from "../../../support/redis_server.ts";
import { claimNext, DONE, FAILED, orphanOf, request, runTo } from "../contract_fixture.ts";
import { OpenQueue, SHORT } from "./bullmq_scene.ts";

testWithRedis("a full server: what runs is held, and ends when there is room", async () => {
  await using _log = await CapturedLog.start();
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url, { times: SHORT });
  await using other = await OpenQueue.open(server.url, { service_id: "service-b", times: SHORT });
  const { queue, redis } = open;
  for (const id of ["x", "y", "z"]) await queue.enqueue(request({ id }));
  const task = await claimNext(queue);
  await task.start();
  const notStarted = await claimNext(queue);
  await redis.ask((client) => client.config("SET", "maxmemory", "1"));
  const full = "has no memory left for more";
  await assertRejects(() => task.finish(DONE), RedisProblem, full);
  await assertRejects(() => notStarted.start(), NotStarted, full);
  await assertRejects(() => queue.enqueue(request({ id: "new" })), RedisProblem, full);
  const until = performance.now() + 2 * SHORT.lock_ms;
  await eventually("it was held for twice the lock's time", () => performance.now() > until);
  assertEquals([task.lost.aborted, queue.isValid(task.record.id)], [false, true]);
  assertEquals((await other.queue.get(task.record.id))?.state, "running");
  const stop = new AbortController();
  const claiming = other.queue.claim(stop.signal);
  await redis.ask((client) => client.config("SET", "maxmemory", "0"));
  assertEquals(await task.finish(DONE), "completed");
  assertEquals(await notStarted.finish({ kind: "interrupted" }), "pending");
  await (await claiming)?.finish(DONE);
  await runTo(other.queue, DONE);
  assertEquals(await queue.ids(["completed"]).then((ids) => ids.sort()), ["x", "y", "z"]);
  assertEquals((await open.notifications.unread("c1")).length, 3);
});

testWithRedis(
  "a key of another program's is in the way: nothing of an ending is written until it is gone",
  async () => {
    await using server = await RedisServer.start({ durable: false });
    await using open = await OpenQueue.open(server.url);
    await open.redis.ask((client) => client.set(open.keys.unread("c1"), "theirs"));
    await open.queue.enqueue(request({ id: "x" }));
    const task = await claimNext(open.queue);
    await task.start();
    const before = await open.job("x");
    await assertRejects(() => task.finish(FAILED), RedisProblem, "a key of another program");
    assertEquals((await open.job("x"))["data"], before["data"]);
    assertEquals((await open.queue.get("x"))?.state, "running");
    await open.redis.ask((client) => client.del(open.keys.unread("c1")));
    assertEquals(await task.finish(FAILED), "failed");
    assertEquals((await open.notifications.unread("c1")).length, 1);
  },
);

testWithRedis(
  "keys of other types keep no other task from being held, taken or listed",
  async () => {
    await using log = await CapturedLog.start();
    await using server = await RedisServer.start({ durable: false });
    await using open = await OpenQueue.open(server.url, { times: SHORT });
    await using other = await OpenQueue.open(server.url, { service_id: "service-b" });
    const { queue, redis, keys } = open;
    for (const id of ["good", "bad"]) await queue.enqueue(request({ id }));
    const tasks = [await claimNext(queue), await claimNext(queue)];
    await redis.ask((client) => client.hset(keys.cancel("bad"), "x", "1"));
    for (const task of tasks) await task.start();
    await redis.ask((client) => client.hset(keys.lock("locked"), "x", "1"));
    await redis.ask((client) => client.set(keys.job("text"), "x"));
    await redis.ask((client) => client.rpush(keys.state("active"), "locked", "text"));
    const until = performance.now() + 2 * SHORT.lock_ms;
    await eventually("it was held for twice the lock's time", () => performance.now() > until);
    assertEquals(log.about("could not be renewed"), []);
    assertEquals(tasks.map(({ lost }) => lost.aborted), [false, false]);
    assertEquals(await other.queue.orphans(), []);
    const listed = await other.queue.list({ limit: 5 });
    assertEquals(listed.map(({ record }) => record.id).sort(), ["bad", "good"]);
    for (const task of tasks) task.abandon();
    const found = await eventually("both are orphans", async () => {
      const orphans = await other.queue.orphans();
      return orphans.length > 0 && orphans;
    });
    for (const orphan of found) assertEquals(await orphan.finish(FAILED), "failed");
  },
);

testWithRedis("a task that cannot be recovered is told once", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  const { queue, redis, keys } = open;
  const data = JSON.stringify({ prompt: "p", conversation_id: "c1", created_at: "now" });
  await redis.ask((client) => client.hset(keys.job("x"), { data, name: "x" }));
  await redis.ask((client) => client.lpush(keys.state("active"), "x"));
  await redis.ask((client) => client.set(keys.told("c1"), "theirs"));
  for (let look = 0; look < 3; look++) {
    assertEquals(await queue.orphans(), []);
    await redis.ask((client) => client.del(keys.lock("x")));
  }
  assertEquals(log.about("task x could not be recovered").length, 1);
  await redis.ask((client) => client.del(keys.told("c1")));
  await queue.orphans();
  assertEquals((await queue.get("x"))?.state, "failed");
});

testWithRedis("events that may not be read are told in a sentence, once", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  let tries = 0;
  const refused = "the events of the queue could not be read";
  const blocking = open.redis.blocking.bind(open.redis);
  open.redis.blocking = (name) => {
    const client = blocking(name);
    const read = client.xrevrange.bind(client);
    client.xrevrange =
      ((...args: Parameters<typeof read>) => (tries++, read(...args))) as typeof read;
    return client;
  };
  await server.cli("ACL", "SETUSER", "default", "-xrevrange");
  const watch = open.queue.watch(() => {});
  await eventually("it was tried again", () => tries > 2);
  watch.close();
  assertEquals(log.about(refused).length, 1);
  assertEquals(log.about(`${refused}, it is tried again: the user in QUEUE_URL may not`).length, 1);
});

const KINDS: readonly (readonly [string, RedisServerOptions])[] = [
  ["a cluster", { cluster: true, durable: false }],
  ["a server with a password", { password: "secret", durable: false }],
];

for (const [kind, options] of KINDS) {
  testWithRedis(`${kind} has the whole life of a task`, async () => {
    await using server = await RedisServer.start(options);
    const url = server.urlWith({ query: "prefix=mine" });
    await using one = await OpenQueue.open(url);
    await using two = await OpenQueue.open(url, { service_id: "service-b" });
    const waiting = claimNext(one.queue);
    const ended = new Set<string | undefined>();
    const watch = two.queue.watch((id) => void ended.add(id));
    assertEquals((await two.queue.enqueue(request({ id: "x" }))).created, true);
    assertEquals((await one.queue.enqueue(request({ id: "x" }))).created, false);
    const task = await waiting;
    await task.start();
    const journal = await one.journals.open("x", task.record.incarnation);
    await journal.append({ type: "attempt_ended", outcome: "so far" });
    task.abandon();
    const orphan = await orphanOf(two.queue);
    await orphan.finish({ kind: "crashed", progress: 1, last_seen: Date.now() });
    const again = await claimNext(two.queue);
    await again.start();
    const cancelling = one.queue.cancel("x");
    await eventually("it is asked to stop", () => again.cancelled.aborted);
    await again.finish({ kind: "interrupted" });
    assertEquals((await cancelling).ok, true);
    assertEquals((await one.queue.retry("x", { fresh: false })).ok, true);
    await runTo(one.queue, DONE);
    await eventually("the end was seen", () => ended.has("x"));
    assertEquals((await one.queue.list({ limit: 5 })).map(({ state }) => state), ["completed"]);
    assertEquals((await two.queue.prune("x", { unread: true })).ok, true);
    assertEquals(await two.queue.ids(), []);
    watch.close();
  });
}
