/** Which task comes next, also among very many. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, ERROR, request, runTo } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

const MANY = 10_000;
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

async function withQueue(test: (open: OpenQueue) => Promise<void>): Promise<void> {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  await test(open);
}

async function drain({ queue }: OpenQueue, count: number): Promise<string[]> {
  const order = [];
  for (let i = 0; i < count; i++) order.push((await runTo(queue, DONE)).record.id);
  return order;
}

testWithRedis(
  "all priorities are told apart, and equals go by their age to the millisecond",
  async () => {
    await withQueue(async (open) => {
      const tasks: { id: string; priority: number; created_at: string }[] = [];
      for (let priority = 100; priority >= -100; priority -= 25) {
        for (const ms of ["000", "001", "999"]) {
          const created_at = `2026-01-01T00:00:07.${ms}Z`;
          tasks.push({ id: `p${priority + 100}-${ms}`, priority, created_at });
        }
      }
      for (const task of tasks.toReversed()) await open.queue.enqueue(request(task));
      assertEquals(await drain(open, tasks.length), tasks.map(({ id }) => id));
    });
  },
);

testWithRedis("what was handed in last but made first comes first", async () => {
  await withQueue(async (open) => {
    for (const second of [5, 3, 9, 1]) {
      await open.queue.enqueue(request({ id: `s${second}`, created_at: at(second) }));
    }
    assertEquals(await drain(open, 4), ["s1", "s3", "s5", "s9"]);
  });
});

testWithRedis(
  "a task that comes back goes before its equals, and after what is more urgent",
  async () => {
    await withQueue(async (open) => {
      await open.queue.enqueue(request({ id: "back", created_at: at(50) }));
      await runTo(open.queue, { kind: "interrupted" });
      await open.queue.enqueue(request({ id: "older", created_at: at(1) }));
      await open.queue.enqueue(request({ id: "urgent", priority: 1, created_at: at(59) }));
      await open.queue.enqueue(
        request({ id: "late", run_at: new Date(Date.now() + 50).toISOString() }),
      );
      await eventually("it is due", async () => (await open.queue.outstanding()).due === 4);
      assertEquals(await drain(open, 4), ["urgent", "back", "late", "older"]);
    });
  },
);

testWithRedis("a task that was put back wakes a service that waits", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using one = await OpenQueue.open(server.url);
  await using two = await OpenQueue.open(server.url, { service_id: "service-b" });
  await one.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(one.queue);
  const waiting = claimNext(two.queue);
  await eventually("it waits", async () => {
    return (await server.cli("CLIENT", "LIST")).includes("cmd=bzpopmin");
  });
  await task.finish({ kind: "retry", retry_at: 0, error: ERROR, uses_attempt: false });
  await (await waiting).finish(DONE);
});

testWithRedis("ten thousand wait, and the most urgent one is found at once", async () => {
  await withQueue(async (open) => {
    const { queue, redis } = open;
    for (let i = 0; i < MANY; i += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, j) => {
          const scheduled = (i + j) % 2 ? { run_at: "2999-01-01T00:00:00Z" } : {};
          return queue.enqueue(request({ priority: -1, ...scheduled }));
        }),
      );
    }
    await queue.enqueue(request({ id: "urgent" }));
    const half = MANY / 2;
    const counts = { running: 0, due: half + 1, retrying: 0, scheduled: half };
    assertEquals(await queue.outstanding(), counts);
    assertEquals((await claimNext(queue)).record.id, "urgent");
    assertEquals((await queue.list({ limit: 10 })).length, 10);
    assertEquals((await queue.ids()).length, MANY + 1);

    await redis.ask((client) => client.config("RESETSTAT"));
    for (let i = 0; i < 10; i++) await queue.outstanding();
    const stats = await redis.ask((client) => client.info("commandstats"));
    const calls = [...stats.matchAll(/calls=(\d+)/g)].map(([, count]) => Number(count));
    const all = calls.reduce((sum, count) => sum + count, 0);
    // None for each task that waits: whoever drains asks four times a second.
    assert(all < 150, `ten counts are ${all} commands`);
  });
});
