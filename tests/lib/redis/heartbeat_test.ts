import { assertEquals } from "@std/assert";
import { Heartbeat } from "../../../lib/redis/heartbeat.ts";
import { backOff, disconnect, makeClient } from "../../../lib/redis/redis_client.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { eventually } from "../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";

for (const mode of ["commands", "messages"]) {
  testWithRedis(`a connection for ${mode} whose server hangs is made anew, and again`, async () => {
    await using server = await RedisServer.start();
    const client = makeClient(parseRedisUrl(server.url), backOff, true);
    client.on("error", () => {});
    let closed = 0;
    client.on("close", () => closed++);
    await client.connect();
    if (mode === "messages") await client.subscribe("c");
    const heartbeat = new Heartbeat(client, { every_ms: 20, silence_ms: 100 });
    server.freeze();
    // One that is connected to a hanging server is no better.
    await eventually("it is tried twice", () => closed >= 2);
    server.thaw();
    await eventually("it is there again", () => client.status === "ready");
    heartbeat.stop();
    const before = closed;
    assertEquals(await client.ping(), mode === "messages" ? ["pong", ""] as never : "PONG");
    assertEquals(closed, before);
    await disconnect(client);
  });
}
