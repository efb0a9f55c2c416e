/** What a service says at its start of a server that does not keep what it acknowledges. */
import { assertEquals } from "@std/assert";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { Scene, stop } from "../support/scene.ts";

/** The warnings of a service at its start. */
async function warnings(server: RedisServer, env: Record<string, string> = {}): Promise<string[]> {
  await using scene = await Scene.open({ QUEUE_URL: server.url, LOG_FORMAT: "json", ...env });
  const service = await scene.service();
  const { stderr } = await stop(service);
  return stderr.trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter(({ level }) => level === "WARN").map(({ message }) => message);
}

testWithRedis("a service warns once of each setting with which tasks can be lost", async () => {
  await using good = await RedisServer.start();
  assertEquals(await warnings(good), []);
  await using careless = await RedisServer.start({
    settings: ["appendfsync everysec", "maxmemory 100mb", "maxmemory-policy allkeys-lru"],
  });
  const at = `Redis at ${careless.place}`;
  const evicts = `${at} throws keys away when its memory is full (maxmemory-policy allkeys-lru), ` +
    "and tasks with them: set maxmemory-policy noeviction";
  assertEquals(await warnings(careless), [
    `${at} writes to its disk only once a second (appendfsync everysec), so a power cut loses what ` +
    "it has acknowledged last: set appendfsync always, or DURABILITY=relaxed here",
    evicts,
  ]);
  assertEquals(await warnings(careless, { DURABILITY: "relaxed" }), [evicts]);
  await using forgetful = await RedisServer.start({ durable: false });
  assertEquals(await warnings(forgetful), [
    `Redis at ${forgetful.place} forgets what it has acknowledged when it stops (appendonly no): ` +
    "set appendonly yes",
  ]);
});
