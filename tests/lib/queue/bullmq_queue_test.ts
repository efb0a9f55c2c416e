import { RedisServer } from "../../support/redis_server.ts";
import { openQueue, show, unread } from "./bullmq/bullmq_scene.ts";
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
  const [one, two] = await Promise.all([
    openQueue(url),
    openQueue(url, { service_id: "service-b" }),
  ]);
  try {
    await test({
      queue: one.queue,
      other: two.queue,
      unread: (conversation_id) => unread(one, conversation_id),
      show: (conversation_id) => show(one, conversation_id),
    });
  } finally {
    await one.close();
    await two.close();
  }
});
