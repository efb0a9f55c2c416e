import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { OpenQueue } from "./bullmq/bullmq_scene.ts";
import { testQueueContract } from "./queue_contract.ts";

let server: RedisServer | undefined;
let tests = 0;

Deno.test.beforeAll(async () => {
  server = await RedisServer.start({ durable: false });
});
Deno.test.afterAll(() => server?.[Symbol.asyncDispose]());

// One server for all, and a prefix for each: they do not see each other.
testQueueContract("BullMQ engine", async (test) => {
  const url = server?.urlWith({ query: `prefix=t${++tests}` }) ?? "";
  await using one = await OpenQueue.open(url);
  await using two = await OpenQueue.open(url, { service_id: "service-b" });
  const { notifications } = one;
  const unread = (conversation_id: string) => notifications.unread(conversation_id);
  const show = async (conversation_id: string) => {
    for (const each of await unread(conversation_id)) await notifications.acknowledge(each);
  };
  await test({ queue: one.queue, other: two.queue, unread, show });
}, testWithRedis);
