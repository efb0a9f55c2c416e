import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../../lib/config_error.ts";
import { connect, RedisConnection } from "../../../lib/redis/redis_connection.ts";
import { RedisProblem } from "../../../lib/redis/redis_problem.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { CapturedLog } from "../../support/captured_log.ts";
import { eventually, soon } from "../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";

const AT_ONCE = { patience_ms: 0, retryForever: false };

async function withConnection(
  url: string,
  test: (connection: RedisConnection) => Promise<void>,
): Promise<void> {
  const connection = await connect(parseRedisUrl(url), { patience_ms: 0, retryForever: true });
  try {
    await test(connection);
  } finally {
    await connection.close();
  }
}

testWithRedis("commands wait for a server that is restarted, and both is said once", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await withConnection(server.url, async (redis) => {
    await redis.ask((client) => client.set("a", "1"));
    await server.kill();
    const answers = Promise.all([
      redis.ask((client) => client.get("a")),
      redis.ask((client) => client.incr("b")),
    ]);
    await eventually("the loss is logged", () => log.about("is lost").length > 0);
    await server.restart();
    assertEquals(await answers, ["1", 1]);
    await redis.ask((client) => client.ping());
  });
  assertEquals(log.lines, [
    `warning: the connection to Redis at ${server.place} is lost, and is tried again`,
    `warning: Redis at ${server.place} is there again`,
  ]);
});

testWithRedis(
  "a subscriber gets messages, and is told of the gap when it was cut off",
  async () => {
    await using server = await RedisServer.start();
    await withConnection(server.url, async (redis) => {
      const seen: string[] = [];
      let gaps = 0;
      const one = redis.subscribe("c", (text) => void seen.push(text), () => void gaps++);
      await eventually("it listens", () => gaps > 0);
      const other = redis.subscribe("c", (text) => void seen.push(`other ${text}`), () => {});
      await redis.ask((client) => client.publish("c", "first"));
      await eventually("both have it", () => seen.length === 2);
      assertEquals(seen, ["first", "other first"]);
      other.close();
      await server.restart();
      const before = gaps;
      await eventually("the gap is told", () => gaps > before);
      await redis.ask((client) => client.publish("c", "second"));
      await eventually("the one that is left has it", () => seen.length > 2);
      assertEquals(seen.slice(2), ["second"]);
      one.close();
    });
  },
);

testWithRedis("a service waits for a server that is not there yet, and says so once", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await server.kill();
  const target = parseRedisUrl(server.url);
  const connecting = connect(target, { patience_ms: 0, retryForever: true });
  await eventually("it is said", () => log.lines.length > 0);
  await server.restart();
  await (await connecting).close();
  assertEquals(log.lines, [
    `warning: Redis does not answer at ${server.place} (connection refused); start it, or correct ` +
    "QUEUE_URL; it is tried again until it works",
  ]);
  await server.kill();
  const stop = new AbortController();
  const stopped = connect(target, { patience_ms: 0, retryForever: true, signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assertRejects(() => stopped, Error, "stopped");
});

testWithRedis("a service can be stopped whose server was there and has gone silent", async () => {
  await using server = await RedisServer.start({ durable: false });
  // A client that asks for INFO first has a timer of ioredis' left when it is cut off.
  await server.cli("ACL", "SETUSER", "default", "-info");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stop = new AbortController();
  const connecting = connect(parseRedisUrl(`redis://127.0.0.1:${listener.addr.port}`), {
    patience_ms: 0,
    retryForever: true,
    signal: stop.signal,
  });
  // The first look goes through, what connects after it gets no answer.
  const look = await listener.accept();
  const through = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await Promise.allSettled([
    look.readable.pipeTo(through.writable),
    through.readable.pipeTo(look.writable),
  ]);
  using _silent = await listener.accept();
  stop.abort(new Error("stopped"));
  await assertRejects(() => soon("it gives up", connecting), Error, "stopped");
});

testWithRedis("a program that does not wait says what is wrong with the address", async () => {
  await using server = await RedisServer.start();
  await server.kill();
  await assertRejects(
    () => connect(parseRedisUrl(server.url), AT_ONCE),
    RedisProblem,
    `Redis does not answer at ${server.place} (connection refused)`,
  );
  const error = await assertRejects(
    () => connect(parseRedisUrl("redis://nowhere.invalid"), AT_ONCE),
    ConfigError,
  );
  assertEquals(
    error.message,
    'QUEUE_URL: there is no host named "nowhere.invalid"; correct QUEUE_URL',
  );
});

testWithRedis("a connection for blocking calls is one of its own", async () => {
  await using server = await RedisServer.start();
  await withConnection(server.url, async (redis) => {
    const waiting = redis.blocking().blpop("list", 30);
    await redis.ask((client) => client.rpush("list", "x"));
    assertEquals(await soon("the element", waiting), ["list", "x"]);
  });
});

testWithRedis("a connection is closed while its server is down", async () => {
  await using server = await RedisServer.start();
  await withConnection(server.url, async (redis) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    redis.subscribe("c", () => {}, resolve);
    await soon("it listens", promise);
    await server.kill();
  });
});

testWithRedis(
  "a command's patience ends, for those that wait and for those that come later",
  async () => {
    await using server = await RedisServer.start();
    const redis = new RedisConnection(parseRedisUrl(server.url), true, 300);
    await redis.ask((client) => client.set("a", "0"));
    await server.kill();
    const gone =
      `Redis does not answer at ${server.place} (connection refused); start it, or correct ` +
      "QUEUE_URL";
    const asking = () => redis.ask((client) => client.incr("a"));
    const waiting = asking();
    assertEquals((await assertRejects(() => waiting, RedisProblem)).message, gone);
    assertEquals((await assertRejects(asking, RedisProblem)).message, gone);
    await server.restart();
    const answer = await eventually("it is there again", async () => {
      return await asking().catch(() => undefined);
    });
    // What was given up is not done later: nobody would expect it any more.
    assertEquals(answer, 1);
    await redis.close();
  },
);

testWithRedis("who is about to end waits no longer", async () => {
  await using server = await RedisServer.start();
  await withConnection(server.url, async (redis) => {
    await server.kill();
    const waiting = redis.ask((client) => client.get("a"));
    redis.hurry();
    await assertRejects(() => waiting, RedisProblem);
  });
});
