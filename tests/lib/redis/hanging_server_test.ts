/** A server that takes connections and answers nothing keeps nobody for ever. */
import { assertEquals, assertRejects } from "@std/assert";
import { connect, RedisConnection } from "../../../lib/redis/redis_connection.ts";
import { RedisProblem } from "../../../lib/redis/redis_problem.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { eventually, soon } from "../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";

/** A client that asks for INFO first has a timer of ioredis' left when it is cut off. */
const MAY_INFO = false;

const silent = (server: RedisServer) =>
  `Redis at ${server.place} does not answer; see whether it runs and a firewall lets this host in`;

testWithRedis(
  "what is in flight when a server hangs fails at the end of its patience",
  async () => {
    await using server = await RedisServer.start();
    const redis = new RedisConnection(parseRedisUrl(server.url), true, 300);
    await redis.ask((client) => client.ping());
    server.freeze();
    const asking = () => soon("it fails", redis.ask((client) => client.get("a")));
    assertEquals((await assertRejects(asking, RedisProblem)).message, silent(server));
    server.thaw();
    await eventually(
      "it goes on",
      () => redis.ask((client) => client.ping()).catch(() => undefined),
    );
    await redis.close();
  },
);

for (const isLost of [false, true]) {
  const when = isLost ? "after its connection was made anew" : "on its first connection";
  testWithRedis(`who is about to end leaves what hangs ${when}`, async () => {
    await using server = await RedisServer.start();
    const redis = new RedisConnection(parseRedisUrl(server.url), MAY_INFO, Infinity);
    await redis.ask((client) => client.ping());
    server.freeze();
    const asked = redis.ask((client) => client.get("a"));
    if (isLost) await anew(redis);
    redis.hurry();
    await assertRejects(() => soon("it fails", asked), RedisProblem);
    await assertRejects(() => redis.ask((client) => client.get("b")), RedisProblem);
    await redis.close();
  });
}

testWithRedis("what hangs after its connection was made anew fails at the closing", async () => {
  await using server = await RedisServer.start();
  const redis = new RedisConnection(parseRedisUrl(server.url), MAY_INFO, Infinity);
  await redis.ask((client) => client.ping());
  server.freeze();
  const asked = assertRejects(() => redis.ask((client) => client.get("a")), RedisProblem);
  await anew(redis);
  await redis.close();
  await soon("it fails", asked);
  // Nor is anybody kept who comes too late.
  await assertRejects(() => redis.ask((client) => client.get("b")), RedisProblem);
});

async function anew({ client }: RedisConnection): Promise<void> {
  const connected = new Promise((resolve) => client.once("connect", resolve));
  client.disconnect(true);
  await soon("it is connected again", connected);
}

testWithRedis("a server that repeats what it was sent does not make the login known", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    using connection = await listener.accept();
    const bytes = new Uint8Array(1_000);
    const length = await connection.read(bytes) ?? 0;
    const words = new TextDecoder().decode(bytes.subarray(0, length)).split("\r\n").join(" ");
    await connection.write(new TextEncoder().encode(`-ERR what is ${words}?\r\n`));
    while (await connection.read(bytes) !== null);
  })();
  const url = `redis://nora:nora5ecret@127.0.0.1:${listener.addr.port}`;
  const { message } = await assertRejects(
    () => connect(parseRedisUrl(url), { patience_ms: 0, retryForever: false }),
  ) as Error;
  assertEquals(
    message,
    `QUEUE_URL: Redis at 127.0.0.1:${listener.addr.port} cannot be used: ` +
      "ERR what is *3 $4 auth $4 *** $10 *** ?",
  );
  await answering;
});
