import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../../lib/config_error.ts";
import { assertOwnKeys } from "../../../lib/redis/foreign_keys.ts";
import { RedisKeys } from "../../../lib/redis/keys.ts";
import { connect } from "../../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";

testWithRedis("another program's key under one of our names is named, with its type", async () => {
  await using server = await RedisServer.start();
  const keys = new RedisKeys("bts");
  const target = parseRedisUrl(server.url);
  const connection = await connect(target, { patience_ms: 0, retryForever: false });
  try {
    await assertOwnKeys(connection, keys);
    await connection.client.zadd(keys.services, 1, "s1");
    await assertOwnKeys(connection, keys);
    await connection.client.set(keys.state("wait"), "mine");
    await assertRejects(
      () => assertOwnKeys(connection, keys),
      ConfigError,
      `QUEUE_URL: "{bts}:tasks:wait" on Redis at ${server.place} belongs to another program (it ` +
        "is a string, expected a list); remove it, or name another prefix: ?prefix=name",
    );
    assertEquals(await connection.client.get(keys.state("wait")), "mine");
    await assertOwnKeys(connection, new RedisKeys("other"));
  } finally {
    await connection.close();
  }
});
