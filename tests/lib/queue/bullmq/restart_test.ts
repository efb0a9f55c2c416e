/** The server is killed and comes back with what its disk holds. */
import { assertEquals } from "@std/assert";
import { eventually, soon } from "../../../support/eventually.ts";
import { CapturedLog } from "../../../support/captured_log.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, request } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

testWithRedis("a server that is restarted loses no task, and what runs goes on", async () => {
  await using _log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await using open = await OpenQueue.open(server.url);
  const { queue } = open;
  for (const id of ["a", "b", "c"]) await queue.enqueue(request({ id }));
  await queue.enqueue(request({ id: "later", run_at: "2999-01-01T00:00:00Z" }));
  const task = await claimNext(queue);
  await task.start();
  const journal = await open.journals.open(task.record.id, task.record.incarnation);
  await journal.append({ type: "attempt_ended", outcome: "before" });
  await server.kill();
  const finishing = (async () => {
    await journal.append({ type: "attempt_ended", outcome: "after" });
    return await task.finish(DONE);
  })();
  const handingIn = queue.enqueue(request({ id: "d" }));
  await server.restart();
  assertEquals(await soon("it ends", finishing), "completed");
  assertEquals((await soon("it is handed in", handingIn)).created, true);
  assertEquals((await open.journals.read(task.record.id)).length, 2);
  assertEquals((await queue.ids()).sort(), ["a", "b", "c", "d", "later"]);
  assertEquals(await queue.outstanding(), { running: 0, due: 3, retrying: 0, scheduled: 1 });
  assertEquals((await open.notifications.unread("c1")).length, 1);
});

testWithRedis(
  "who waits for a task, a change or an end goes on waiting through a restart",
  async () => {
    await using _log = await CapturedLog.start();
    await using server = await RedisServer.start();
    await using one = await OpenQueue.open(server.url);
    await using two = await OpenQueue.open(server.url, { service_id: "service-b" });
    const stop = new AbortController();
    await one.queue.enqueue(
      request({ id: "late", run_at: new Date(Date.now() + 1_500).toISOString() }),
    );
    const claiming = one.queue.claim(stop.signal);
    const seen = new Set<string | undefined>();
    const watch = two.queue.watch((id) => void seen.add(id));
    await eventually("the watch has begun", () => seen.has(undefined));
    const ending = two.queue.ended("late", stop.signal);
    await server.restart();
    const task = await soon("it is claimed", claiming);
    await eventually("the claim was seen", () => seen.has("late"));
    await task?.start();
    const asked = two.queue.cancel("late");
    await eventually("it is asked to stop", () => task?.cancelled.aborted);
    await task?.finish({ kind: "interrupted" });
    const answer = await asked;
    assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
    assertEquals((await soon("the end is seen", ending))?.state, "failed");
    watch.close();
  },
);

testWithRedis("a claim waits for a server that is down, and wakes when it is back", async () => {
  await using _log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await using one = await OpenQueue.open(server.url);
  await server.kill();
  const claiming = claimNext(one.queue);
  await server.restart();
  await using two = await OpenQueue.open(server.url);
  await two.queue.enqueue(request({ id: "x" }));
  const task = await claiming;
  assertEquals(await task.finish(DONE), "completed");
});

testWithRedis("leaving does not wait for a server that is down", async () => {
  await using _log = await CapturedLog.start();
  await using server = await RedisServer.start();
  const open = await OpenQueue.open(server.url);
  const stop = new AbortController();
  const claiming = open.queue.claim(stop.signal);
  await eventually("it waits for a task", async () => {
    const clients = await server.cli("CLIENT", "LIST");
    return clients.includes("cmd=bzpopmin");
  });
  await server.kill();
  stop.abort();
  assertEquals(await claiming, undefined);
  await soon("it is closed", open[Symbol.asyncDispose]());
});
