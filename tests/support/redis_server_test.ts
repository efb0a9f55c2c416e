import { assertEquals, assertRejects } from "@std/assert";
import { RedisServer, testWithRedis } from "./redis_server.ts";

testWithRedis("a server keeps what was acknowledged through a kill, on the same port", async () => {
  await using server = await RedisServer.start({ password: "secret" });
  await server.cli("SET", "a", "1");
  const { pid } = server;
  await server.restart();
  assertEquals(server.pid === pid, false);
  assertEquals(await server.cli("GET", "a"), "1");
  await server.kill();
  await assertRejects(() => server.cli("PING"), Error, "refused");
});

testWithRedis("a frozen server can be killed", async () => {
  await using server = await RedisServer.start({ durable: false });
  server.freeze();
  await server.kill();
});

testWithRedis("a server speaks TLS only, and a cluster of one has all slots", async () => {
  await using tls = await RedisServer.start({ tls: true });
  assertEquals(await tls.cli("PING"), "PONG");
  assertEquals(tls.url, `rediss://${tls.place}`);
  await using cluster = await RedisServer.start({ cluster: true });
  assertEquals(await cluster.cli("SET", "a", "1"), "OK");
});
