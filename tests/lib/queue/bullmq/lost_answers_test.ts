/** An answer is lost with its connection: what was asked was done, and is asked again. */
import { assertEquals, assertRejects } from "@std/assert";
import { eventually } from "../../../support/eventually.ts";
import { LossyProxy } from "../../../support/lossy_proxy.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, FAILED, request, runTo } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

interface Scene {
  /** A process that loses an answer from when `lose` is called. */
  readonly lossy: OpenQueue;
  readonly lose: () => void;
  /** Another process, which loses none. */
  readonly other: OpenQueue;
}

/** @param answers how many an operation waits for: each of them is lost once */
function test(name: string, answers: number, body: (scene: Scene) => Promise<void>): void {
  testWithRedis(`an answer is lost: ${name}`, async () => {
    await using server = await RedisServer.start({ durable: false });
    const [hostname = "", port] = server.place.split(":");
    for (let through = 0; through < answers; through++) {
      await using proxy = new LossyProxy({ hostname, port: Number(port) });
      const query = `?prefix=t${through}`;
      await using lossy = await OpenQueue.open(`redis://127.0.0.1:${proxy.port}/${query}`);
      await using other = await OpenQueue.open(`${server.url}/${query}`, {
        service_id: "service-b",
      });
      await body({ lossy, lose: () => proxy.loseAnswer(through), other });
      assertEquals(proxy.lost, 1, `answer ${through + 1} was not lost`);
    }
  });
}

test("enqueue() hands in one task, and says that it has", 1, async ({ lossy, lose, other }) => {
  lose();
  const answer = await lossy.queue.enqueue(request({ id: "x" }));
  assertEquals(answer, { id: "x", state: "pending", created: true });
  assertEquals(await other.queue.ids(), ["x"]);
  assertEquals((await other.queue.outstanding()).due, 1);
});

test("enqueue() of another's id says so", 2, async ({ lossy, lose, other }) => {
  await other.queue.enqueue(request({ id: "x", prompt: "theirs" }));
  lose();
  assertEquals((await lossy.queue.enqueue(request({ id: "x" }))).created, false);
  assertEquals((await other.queue.get("x"))?.record.prompt, "theirs");
});

test(
  "claim() gives a task, and the one that nobody was told of is due again",
  1,
  async ({ lossy, lose, other }) => {
    for (const id of ["a", "b"]) await other.queue.enqueue(request({ id }));
    lose();
    const task = await claimNext(lossy.queue);
    assertEquals((await other.queue.outstanding()).running, 2);
    assertEquals(await other.queue.orphans(), []);
    assertEquals(await lossy.queue.orphans(), []);
    // It is kept for the next claim, for a moment, and then put back.
    const next = await claimNext(other.queue);
    assertEquals([task.record.id, next.record.id].sort(), ["a", "b"]);
    assertEquals(next.record.interruptions, 0);
    for (const each of [task, next]) assertEquals(await each.finish(DONE), "completed");
  },
);

test("start() begins the attempt once", 1, async ({ lossy, lose, other }) => {
  await other.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(lossy.queue);
  lose();
  await task.start();
  assertEquals((await other.queue.get("x"))?.record.attempts?.length, 1);
  assertEquals(await task.finish(DONE), "completed");
});

for (const ending of [DONE, FAILED]) {
  test(`finish() ends a task once (${ending.kind})`, 1, async ({ lossy, lose, other }) => {
    await other.queue.enqueue(request({ id: "x" }));
    const task = await claimNext(lossy.queue);
    await task.start();
    lose();
    assertEquals(await task.finish(ending), ending.kind);
    assertEquals((await other.queue.get("x"))?.state, ending.kind);
    assertEquals((await other.notifications.unread("c1")).length, 1);
    assertEquals((await other.queue.outstanding()).running, 0);
  });
}

test("finish() puts a task back once", 1, async ({ lossy, lose, other }) => {
  await other.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(lossy.queue);
  await task.start();
  lose();
  assertEquals(await task.finish({ kind: "interrupted" }), "pending");
  assertEquals(await other.queue.outstanding(), { running: 0, due: 1, retrying: 0, scheduled: 0 });
  assertEquals((await runTo(other.queue, DONE)).record.attempts.length, 2);
});

test(
  "the task that was to come along with an ending is not lost",
  1,
  async ({ lossy, lose, other }) => {
    for (const id of ["a", "b", "c"]) await other.queue.enqueue(request({ id }));
    const tasks = [await claimNext(lossy.queue), await claimNext(lossy.queue)];
    lose();
    assertEquals(await tasks[0]?.finish(DONE), "completed");
    await eventually("it is due again", async () => {
      assertEquals(await lossy.queue.orphans(), []);
      const { running, due } = await other.queue.outstanding();
      return running === 1 && due === 1;
    });
    assertEquals((await runTo(other.queue, DONE)).record.interruptions, 0);
    await tasks[1]?.finish(DONE);
  },
);

test("cancel() ends a waiting task once", 4, async ({ lossy, lose, other }) => {
  await other.queue.enqueue(request({ id: "x" }));
  lose();
  const answer = await lossy.queue.cancel("x");
  assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
  assertEquals((await other.notifications.unread("c1")).length, 1);
});

test("retry() sends a task back once, and says that it has", 3, async ({ lossy, lose, other }) => {
  await other.queue.enqueue(request({ id: "x" }));
  await runTo(other.queue, FAILED);
  lose();
  const answer = await lossy.queue.retry("x", { fresh: false });
  assertEquals(answer.ok, true);
  assertEquals((await runTo(other.queue, DONE)).record.run, 2);
});

test("prune() removes a task once, and says that it has", 2, async ({ lossy, lose, other }) => {
  await other.queue.enqueue(request({ id: "x" }));
  await runTo(other.queue, DONE);
  lose();
  assertEquals((await lossy.queue.prune("x", { unread: true })).ok, true);
  assertEquals(await other.queue.get("x"), undefined);
});

for (const ending of [DONE, FAILED, { kind: "interrupted" } as const]) {
  testWithRedis(`an ending that is tried again is recognised (${ending.kind})`, async () => {
    await using server = await RedisServer.start({ durable: false });
    let time = Date.now();
    await using open = await OpenQueue.open(server.url, { now: () => time++ });
    await open.queue.enqueue(request({ id: "x" }));
    const task = await claimNext(open.queue);
    await task.start();
    const ask = open.redis.ask.bind(open.redis);
    open.redis.ask = async (command) => {
      open.redis.ask = ask;
      await ask(command);
      throw new Error("the answer is lost");
    };
    await assertRejects(() => task.finish(ending), Error, "the answer is lost");
    assertEquals(
      await task.finish(ending),
      ending.kind === "interrupted" ? "pending" : ending.kind,
    );
  });
}
