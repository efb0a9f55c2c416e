import { assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { RedisKeys } from "../../../lib/redis/keys.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { readRemains } from "./redis_remains.ts";

const keys = new RedisKeys("bts");

async function withRedis(test: (client: Redis) => Promise<void>): Promise<void> {
  await using server = await RedisServer.start({ durable: false });
  const client = new Redis(server.url);
  try {
    await test(client);
  } finally {
    client.disconnect();
  }
}

async function complete(client: Redis, id: string): Promise<void> {
  await client.hset(keys.job(id), "data", JSON.stringify({ id, result: "done" }));
  await client.zadd(keys.state("completed"), 1, id);
}

testWithRedis("what lies in Redis as it should is no litter", async () => {
  await withRedis(async (client) => {
    await complete(client, "t1");
    await client.rpush(keys.state("wait"), "t2");
    await client.hset(keys.job("t2"), "data", "{}");
    await client.rpush(keys.journal("t1"), "{}");
    const notification = JSON.stringify({ id: "t1-completed" });
    const entry = await client.xadd(keys.unread("c1"), "*", "json", notification);
    await client.hset(keys.told("c1"), "t1-completed", entry ?? "", "t0-completed", "{}");
    const remains = await readRemains(client, keys);
    assertEquals(remains.litter, []);
    assertEquals([...remains.ids].map(([state, ids]) => [state, [...ids]]), [
      ["pending", ["t2"]],
      ["running", []],
      ["completed", ["t1"]],
      ["failed", []],
    ]);
    assertEquals(remains.records.get("t1")?.result, "done");
    const told = [["c1/t1-completed", 1], ["c1/t0-completed", 1]];
    assertEquals([...remains.notifications], told);
  });
});

testWithRedis("locks, doubles, and what nobody knows are seen", async () => {
  await withRedis(async (client) => {
    await complete(client, "t1");
    await client.set(keys.lock("t1"), "somebody");
    await client.rpush(keys.state("wait"), "t2");
    await client.zadd(keys.state("prioritized"), 1, "t2");
    await client.zadd(keys.state("failed"), 1, "t3");
    await client.hset(keys.job("t4"), "data", "{}");
    await client.set(keys.cancel("t5"), "{}");
    await client.hset(keys.told("c1"), "t1-completed", "1-1");
    const remains = await readRemains(client, keys);
    assertEquals(
      remains.litter,
      [
        "1 are pending more than once",
        "t3 is failed and has no record",
        ...["the key {bts}:tasks:t1:lock is left", "the key {bts}:tasks:t4 is left"],
        "t1-completed is told as 1-1, which is not there",
      ].sort(),
    );
    assertEquals(remains.cancel_requests, ["t5"]);
  });
});

testWithRedis("one that was told twice is counted twice", async () => {
  await withRedis(async (client) => {
    const notification = JSON.stringify({ id: "t1-completed" });
    for (const _ of [1, 2]) await client.xadd(keys.unread("c1"), "*", "json", notification);
    await client.hset(keys.told("c1"), "t1-completed", notification);
    const { notifications } = await readRemains(client, keys);
    assertEquals([...notifications], [["c1/t1-completed", 3]]);
  });
});
