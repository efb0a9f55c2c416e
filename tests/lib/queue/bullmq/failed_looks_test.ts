/** A look for orphans that fails, or one of its tasks: the others are kept, and so is what it held. */
import { assertEquals, assertRejects } from "@std/assert";
import { RedisProblem } from "../../../../lib/redis/redis_problem.ts";
import { CapturedLog } from "../../../support/captured_log.ts";
import { eventually } from "../../../support/eventually.ts";
import { LossyProxy } from "../../../support/lossy_proxy.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, orphanOf, request } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

/** As another program's worker does that finds a task without its lock. */
async function putBack({ redis, keys }: OpenQueue, id: string): Promise<void> {
  await redis.ask((client) =>
    client.multi().del(keys.lock(id)).lrem(keys.state("active"), 1, id)
      .rpush(keys.state("wait"), id).zadd(keys.state("marker"), 0, "0").exec()
  );
}

testWithRedis("a task that came in the middle of an attempt outlives a failed look", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  await using gone = await OpenQueue.open(server.url, { service_id: "service-b" });
  await open.queue.enqueue(request({ id: "x" }));
  await (await claimNext(gone.queue)).start();
  await putBack(open, "x");
  const stop = new AbortController();
  const claiming = open.queue.claim(stop.signal);
  await eventually("it has come", () => open.queue.token("x") !== undefined);
  await server.cli("ACL", "SETUSER", "default", "-lrange");
  await assertRejects(() => open.queue.orphans(), RedisProblem, "may not do what is needed");
  await server.cli("ACL", "SETUSER", "default", "+lrange");
  const orphan = await orphanOf(open.queue);
  assertEquals(orphan.record.id, "x");
  await orphan.finish({ kind: "crashed", progress: 0, last_seen: Date.now() });
  stop.abort();
  assertEquals(await claiming, undefined);
});

testWithRedis("what was found is kept where another task cannot be taken", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start({ durable: false });
  await using proxy = new LossyProxy({ hostname: "127.0.0.1", port: server.port });
  await using open = await OpenQueue.open(`redis://127.0.0.1:${proxy.port}`);
  await using gone = await OpenQueue.open(server.url, { service_id: "service-b" });
  for (const id of ["lost", "claimed"]) await gone.queue.enqueue(request({ id }));
  proxy.loseAnswer();
  const claimed = await claimNext(open.queue);
  await gone.queue.enqueue(request({ id: "orphan" }));
  const left = await claimNext(gone.queue);
  await left.start();
  left.abandon();
  await eventually(
    "it is let go",
    async () => await open.redis.ask((client) => client.exists(open.keys.lock("orphan"))) === 0,
  );
  await server.cli("ACL", "SETUSER", "default", "-lpos");
  const orphans = await open.queue.orphans();
  assertEquals(orphans.map(({ record }) => record.id), ["orphan"]);
  assertEquals(log.about("could not be recovered and is tried again").length, 1);
  await server.cli("ACL", "SETUSER", "default", "+lpos");
  assertEquals(await open.queue.orphans(), []);
  const next = await claimNext(open.queue);
  assertEquals([claimed.record.id, next.record.id].sort(), ["claimed", "lost"]);
  for (const task of [claimed, next]) assertEquals(await task.finish(DONE), "completed");
  await orphans[0]?.finish({ kind: "crashed", progress: 0, last_seen: Date.now() });
});

testWithRedis("handing in where only a job's key is left ends with a sentence", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  await open.redis.ask((client) => client.hset(open.keys.job("x"), "name", "left"));
  await assertRejects(
    () => open.queue.enqueue(request({ id: "x" })),
    RedisProblem,
    'only the key "{bts}:tasks:x" is left',
  );
  await open.redis.ask((client) => client.del(open.keys.job("x")));
  assertEquals((await open.queue.enqueue(request({ id: "x" }))).created, true);
});
