import { assertEquals, assertStringIncludes } from "@std/assert";
import { RedisPresence } from "../../../lib/presence/redis_presence.ts";
import { systemRuntime } from "../../../lib/runtime.ts";
import { CapturedLog } from "../../support/captured_log.ts";
import { eventually, soon } from "../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { RedisStores } from "../../support/redis_stores.ts";
import { record, serviceIds, testPresenceContract } from "./presence_contract.ts";

testPresenceContract("Redis", async (test) => {
  await using server = await RedisServer.start();
  await using one = await RedisStores.open(server);
  await using other = await RedisStores.open(server);
  await test({ one: one.presence, other: other.presence });
}, testWithRedis);

/** Presence whose renewals come when the test says so. */
function renewedByHand(stores: RedisStores) {
  const due = new Set<() => void>();
  const every = (_: number, callback: () => void) => {
    due.add(callback);
    return { cancel: () => due.delete(callback) };
  };
  const presence = new RedisPresence({ ...systemRuntime, ...stores, every });
  return { presence, renew: () => due.forEach((callback) => callback()), due };
}

testWithRedis(
  "a service that is not heard of expires, and is back with its next renewal",
  async () => {
    await using server = await RedisServer.start();
    await using stores = await RedisStores.open(server);
    const { presence, renew, due } = renewedByHand(stores);
    const { withdraw } = await presence.announce(record("a"));
    const left = Number(await server.cli("PTTL", stores.keys.service("a")));
    assertEquals(left > 10_000 && left <= 15_000, true, String(left));
    // As if the time were over.
    await server.cli("DEL", stores.keys.service("a"));
    assertEquals([await serviceIds(presence), await presence.hasOthers("b")], [[], false]);
    renew();
    await eventually("it is back", async () => (await serviceIds(presence)).length === 1);
    await withdraw();
    assertEquals(due.size, 0);
    assertEquals(await server.cli("KEYS", "*"), "");
  },
);

/** A move's mark, as it is while the move goes on. */
async function mark({ redis: { client }, keys }: RedisStores): Promise<void> {
  const text = JSON.stringify({
    version: 1,
    token: "t",
    from: "here",
    to: "there",
    started_at: "2026-01-01T00:00:00Z",
  });
  await client.set(keys.moving, text);
  await client.set(keys.mover, "m");
}

testWithRedis(
  "a service that was cut off while a move began is not back, and learns it",
  async () => {
    await using server = await RedisServer.start();
    await using stores = await RedisStores.open(server);
    const { presence, renew, due } = renewedByHand(stores);
    const { refused, withdraw } = await presence.announce(record("a"));
    // As if the time were over.
    await server.cli("DEL", stores.keys.service("a"));
    await mark(stores);
    const told = new Promise((resolve) => refused.addEventListener("abort", resolve));
    renew();
    await soon("the refusal", told);
    assertStringIncludes(
      String(refused.reason),
      "its tasks are being moved from here to there just now; wait until that is done",
    );
    assertEquals([await serviceIds(presence), due.size], [[], 0]);
    await withdraw();
  },
);

testWithRedis(
  "a service that the move can see goes on: it is the move that gives way",
  async () => {
    await using server = await RedisServer.start();
    await using stores = await RedisStores.open(server);
    const { presence, renew } = renewedByHand(stores);
    const { refused, withdraw } = await presence.announce(record("a"));
    await mark(stores);
    await server.cli("PEXPIRE", stores.keys.service("a"), "5000");
    renew();
    await eventually(
      "it is renewed",
      async () => Number(await server.cli("PTTL", stores.keys.service("a"))) > 10_000,
    );
    assertEquals([await serviceIds(presence), refused.aborted], [["a"], false]);
    await withdraw();
  },
);

testWithRedis("a service is announced anew when its server has lost everything", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using stores = await RedisStores.open(server);
  const { presence, renew } = renewedByHand(stores);
  const { withdraw } = await presence.announce(record("a"));
  await server.kill();
  renew();
  await server.restart();
  await eventually("it is back", async () => (await serviceIds(presence)).length === 1);
  await withdraw();
});

testWithRedis("ids of services that are long gone are swept away", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  await server.cli("ZADD", stores.keys.services, "1", "dead");
  const { withdraw } = await stores.presence.announce(record("a"));
  assertEquals(await server.cli("ZRANGE", stores.keys.services, "0", "-1"), "a");
  await withdraw();
});

testWithRedis("live() passes over what is no service's record", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  for (const [id, text] of [["x", "no json"], ["y", "{}"]] as const) {
    await server.cli("ZADD", stores.keys.services, "9999999999999", id);
    await server.cli("SET", stores.keys.service(id), text);
  }
  assertEquals(await stores.presence.live(), []);
  assertEquals(log.about("is skipped").length, 2);
});

testWithRedis("withdraw() does not wait for a server that is gone", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  const { withdraw } = await stores.presence.announce(record("a"));
  await server.kill();
  stores.redis.hurry();
  await soon("the good-bye", withdraw());
});
