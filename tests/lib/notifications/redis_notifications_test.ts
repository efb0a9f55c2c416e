import { assertEquals } from "@std/assert";
import { CapturedLog } from "../../support/captured_log.ts";
import { eventually } from "../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { RedisStores } from "../../support/redis_stores.ts";
import { notification, taskIds, testNotificationsContract } from "./notifications_contract.ts";

testNotificationsContract("Redis", async (test) => {
  await using server = await RedisServer.start();
  await using one = await RedisStores.open(server);
  await using other = await RedisStores.open(server);
  await test({ one: one.notifications, other: other.notifications });
}, testWithRedis);

testWithRedis("a watch tells what came while its server was down, each once", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  const { notifications } = stores;
  const seen: string[] = [];
  const watch = notifications.watch("c1", ({ task_id }) => void seen.push(task_id));
  await notifications.put(notification("a", 1));
  await eventually("the first", () => seen.length === 1);
  await server.kill();
  const putting = notifications.put(notification("b", 2));
  await server.restart();
  await putting;
  await eventually("the second", () => seen.length === 2);
  assertEquals(seen, ["a", "b"]);
  watch.close();
});

testWithRedis("a watch that is closed while its server is down leaves nothing behind", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  const { notifications } = stores;
  const seen: string[] = [];
  const watch = notifications.watch("c1", ({ task_id }) => void seen.push(task_id));
  await notifications.put(notification("a", 1));
  await eventually("it watches", () => seen.length === 1);
  await server.kill();
  await eventually("the loss is seen", () => log.about("is lost").length > 0);
  watch.close();
});

testWithRedis("entries that are no notification are skipped and said once", async () => {
  await using log = await CapturedLog.start();
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  const { notifications, keys } = stores;
  const text = JSON.stringify(notification("x"));
  const add = (...fields: string[]) => server.cli("XADD", keys.unread("c1"), "*", ...fields);
  await add("json", text.slice(0, 30));
  await add("other", "x");
  await add("json", text.replace('"version":1', '"version":2'));
  await add("json", text.replace('"c1"', '"c2"'));
  await notifications.put(notification("good"));
  for (let look = 0; look < 2; look++) {
    assertEquals(taskIds(await notifications.unread("c1")), ["good"]);
  }
  assertEquals(log.about("is skipped").length, 4);
});

testWithRedis("a conversation of which nothing is left leaves no key", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  const { notifications } = stores;
  await notifications.put(notification("x"));
  const record = { id: "x", conversation_id: "c1", run: 1 };
  await notifications.remove(record as Parameters<typeof notifications.remove>[0]);
  assertEquals(await server.cli("KEYS", "*"), "");
});
