import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { judgeServer, readServer, type ServerSettings } from "../../../lib/redis/server_check.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";

const GOOD: ServerSettings = {
  software: "Redis",
  version: "7.0.15",
  appendonly: "yes",
  appendfsync: "always",
  maxmemory_policy: "noeviction",
};
const judge = (settings: Partial<ServerSettings>, durability: "full" | "relaxed" = "full") =>
  judgeServer({ ...GOOD, ...settings }, durability, "h:1");

Deno.test("a server that keeps everything is not spoken of", () => {
  assertEquals(judge({}), []);
  assertEquals(judge({ appendfsync: "everysec" }, "relaxed"), []);
  assertEquals(judge({ software: "Valkey", version: "8.0.1" }), []);
});

Deno.test("each setting that loses something is told in a sentence, with the way out", () => {
  assertEquals(judge({ version: "5.0.7", maxmemory_policy: "allkeys-lru" }), [
    "Redis at h:1 is version 5.0.7: use 6.2 or later",
    "Redis at h:1 throws keys away when its memory is full (maxmemory-policy allkeys-lru), and " +
    "tasks with them: set maxmemory-policy noeviction",
  ]);
  const forgets =
    "Redis at h:1 forgets what it has acknowledged when it stops (appendonly no): set " +
    "appendonly yes";
  assertEquals(judge({ appendonly: "no", appendfsync: "everysec" }), [forgets]);
  assertEquals(judge({ appendonly: "no" }, "relaxed"), [forgets]);
  assertEquals(judge({ appendfsync: "everysec" }), [
    "Redis at h:1 writes to its disk only once a second (appendfsync everysec), so a power cut loses " +
    "what it has acknowledged last: set appendfsync always, or DURABILITY=relaxed here",
  ]);
  assertEquals(judge({ software: "Valkey", version: "8.0", appendfsync: "no" }), [
    "Valkey at h:1 writes to its disk only when its system likes (appendfsync no), so a power cut " +
    "loses what it has acknowledged last: set appendfsync always, or DURABILITY=relaxed here",
  ]);
  assertEquals(judge({ version: "6.0.16" }).length, 1);
  assertEquals(judge({ version: "10.1" }), []);
});

Deno.test("what could not be read is said in one sentence", () => {
  assertEquals(judge({ appendfsync: undefined, maxmemory_policy: undefined }), [
    "Redis at h:1 does not tell this user all of its settings: see to it that it has appendfsync " +
    "always, maxmemory-policy noeviction",
  ]);
});

async function settingsOf(url: string): Promise<ServerSettings> {
  const redis = await connect(parseRedisUrl(url), { patience_ms: 0, retryForever: false });
  try {
    return await readServer(redis);
  } finally {
    await redis.close();
  }
}

testWithRedis("a real server's settings are read as they are", async () => {
  await using good = await RedisServer.start();
  const { version, ...settings } = await settingsOf(good.url);
  const { version: _, ...expected } = GOOD;
  assertEquals(settings, expected);
  assertEquals(/^\d+\.\d+\.\d+$/.test(version ?? ""), true);
  await using bad = await RedisServer.start({
    durable: false,
    settings: ["maxmemory 100mb", "maxmemory-policy allkeys-lru"],
  });
  const { appendonly, appendfsync, maxmemory_policy } = await settingsOf(bad.url);
  assertEquals([appendonly, appendfsync, maxmemory_policy], ["no", "everysec", "allkeys-lru"]);
});

testWithRedis("a server that tells nothing is read without an error", async () => {
  await using server = await RedisServer.start();
  await server.cli(
    "ACL",
    "SETUSER",
    "bob",
    "on",
    ">word",
    "~{bts}:*",
    "&{bts}:*",
    "+@all",
    "-@dangerous",
    "-info",
  );
  assertEquals(await settingsOf(server.urlWith({ login: "bob:word" })), {
    software: "Redis",
    version: undefined,
    appendonly: undefined,
    appendfsync: undefined,
    maxmemory_policy: undefined,
  });
});

testWithRedis(
  "a command that the server has not leaves its setting untold, a bug is no answer",
  async () => {
    await using server = await RedisServer.start({ settings: ['rename-command CONFIG ""'] });
    const redis = await connect(parseRedisUrl(server.url), { patience_ms: 0, retryForever: false });
    try {
      const { appendonly, appendfsync } = await readServer(redis);
      assertEquals([appendonly, appendfsync], ["yes", undefined]);
      redis.client.info = () => Promise.reject(new TypeError("a bug"));
      await assertRejects(() => readServer(redis), TypeError, "a bug");
    } finally {
      await redis.close();
    }
  },
);
