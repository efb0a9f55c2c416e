/** What BullMQ and the queue make of tasks that moved to a server. */
import { assertEquals } from "@std/assert";
import { Queue } from "bullmq";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { recoverOnce } from "../../../lib/service/recoverer.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { openTestStorage, TempDir } from "../../support/storage_fixture.ts";
import { COMPLETED, FAILED } from "../cli/tasks/tasks_fixture.ts";
import { OpenQueue } from "../queue/bullmq/bullmq_scene.ts";
import { fileStore, QUIET, RedisRoom } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

interface Room {
  readonly dir: string;
  readonly url: string;
  readonly redis: RedisRoom;
  readonly open: OpenQueue;
}

/** A directory whose tasks are moved, and the queue on the server that they are moved to. */
async function moved(
  plant: (dir: string) => Promise<unknown> | unknown,
  test: (room: Room) => Promise<void>,
): Promise<void> {
  await using dir = await TempDir.make();
  await using server = await RedisServer.start({ durable: false });
  await using redis = await RedisRoom.open(server.url);
  await plant(dir.path);
  await moveTasks(await fileStore(dir.path), redis.store(), QUIET);
  await using open = await OpenQueue.open(server.url);
  await test({ dir: dir.path, url: server.url, redis, open });
}

testWithRedis(
  "moved tasks are claimed as they would have been: by priority, then by age",
  async () => {
    const plant = async (dir: string) => {
      const { queue, close } = await openTestStorage(dir);
      for (let i = 0; i < 90; i++) {
        const created_at = new Date(Date.UTC(2026, 0, 1 + i * 37 % 90)).toISOString();
        const request = { conversation_id: "c", prompt: "p", priority: i % 3, created_at };
        await queue.enqueue(i % 2 === 0 ? request : { ...request, id: `n${i}` });
      }
      await close();
    };
    await moved(plant, async ({ open: { queue } }) => {
      assertEquals(await queue.outstanding(), { running: 0, due: 90, retrying: 0, scheduled: 0 });
      const order = [];
      for (let i = 0; i < 90; i++) {
        const task = await queue.claim(AbortSignal.timeout(10_000));
        const { priority, created_at } = task!.record;
        order.push([-priority, Date.parse(created_at)]);
        task!.abandon();
      }
      assertEquals(order, [...order].sort(([p = 0, a = 0], [q = 0, b = 0]) => p - q || a - b));
    });
  },
);

testWithRedis("moved tasks that wait for a time wait for it, each in its own way", async () => {
  await moved((dir) => plantTasks(dir, 30), async ({ open: { queue }, redis }) => {
    assertEquals(await queue.outstanding(), { running: 6, due: 6, retrying: 3, scheduled: 3 });
    const due = Date.parse("2099-12-31T23:59:59.000Z");
    for (const id of ["later-000001", "again-000002"]) {
      const score = await redis.client.zscore("{bts}:tasks:delayed", id);
      // BullMQ keeps twelve bits of order below the millisecond.
      assertEquals(Math.floor(Number(score) / 4096), due, id);
    }
  });
});

testWithRedis(
  "what ran when its service died is recovered, and what was decided is completed",
  async () => {
    await moved((dir) => plantTasks(dir, 30), async ({ open: { queue } }) => {
      const reaped: string[] = [];
      assertEquals((await queue.list({ states: ["running"], limit: 50 })).length, 3);
      const journals = {
        read: (id: string) => Promise.resolve((reaped.push(id), [])),
        open: () => Promise.reject(new Error("no run")),
        watch: () => ({ close: () => {} }),
      };
      await recoverOnce({ queue, journals, reap: () => Promise.resolve() });
      assertEquals(reaped.filter((id) => !id.startsWith("runs-")), []);
      assertEquals((await queue.list({ states: ["running"], limit: 50 })).length, 0);
      assertEquals((await queue.get("staged-000004"))?.state, "completed");
      // Somebody had asked for its end.
      const { state, record } = (await queue.get("runs-000003"))!;
      assertEquals([state, record.error?.code], ["failed", "cancelled"]);
    });
  },
);

testWithRedis(
  "a job that moved has what BullMQ gives to one that it made and ended itself",
  async () => {
    const end = async (queue: OpenQueue["queue"], id: string) => {
      await queue.enqueue({ conversation_id: "c", prompt: "p", title: "Sum", priority: 7, id });
      const task = await queue.claim(AbortSignal.timeout(10_000));
      await task!.start();
      await task!.finish(id.startsWith("ok") ? COMPLETED : FAILED);
    };
    const plant = async (dir: string) => {
      const { queue, close } = await openTestStorage(dir);
      for (const id of ["ok-moved", "bad-moved"]) await end(queue as OpenQueue["queue"], id);
      await close();
    };
    await moved(plant, async ({ open, redis, url }) => {
      for (const id of ["ok-made", "bad-made"]) await end(open.queue, id);
      for (const kind of ["ok", "bad"]) {
        const made = await redis.client.hgetall(`{bts}:tasks:${kind}-made`);
        const here = await redis.client.hgetall(`{bts}:tasks:${kind}-moved`);
        // By which its add would know itself.
        delete made["mark"];
        assertEquals(Object.keys(here).sort(), Object.keys(made).sort());
        assertEquals(JSON.parse(here["opts"]!), JSON.parse(made["opts"]!));
        for (const name of ["name", "delay", "priority", "atm", "ats"]) {
          assertEquals(here[name], made[name], name);
        }
        assertEquals(here["returnvalue"], made["returnvalue"]);
        assertEquals(here["failedReason"], made["failedReason"]);
      }
      const { hostname: host, port } = new URL(url);
      const connection = { host, port: Number(port) };
      const board = new Queue("tasks", { connection, prefix: "{bts}", skipMetasUpdate: true });
      const job = await board.getJob("ok-moved");
      assertEquals([await job?.getState(), job?.returnvalue], ["completed", "42"]);
      assertEquals(job?.finishedOn, Date.parse(job?.data.finished_at));
      assertEquals((await board.getFailed()).map(({ failedReason }) => failedReason), [
        "too slow",
        "too slow",
      ]);
      await board.close();
    });
  },
);
