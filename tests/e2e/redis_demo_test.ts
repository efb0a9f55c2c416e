/** The demo over Redis: what who has set QUEUE_URL runs first. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { runDemo } from "../support/run_demo.ts";

testWithRedis("the demo observes the same steps over Redis, and leaves no key", async () => {
  const password = crypto.randomUUID();
  await using server = await RedisServer.start({ password });
  const said = await runDemo({ QUEUE_URL: server.url }, 120);
  assertStringIncludes(said, `share only a Redis, at ${server.place}`);
  assertStringIncludes(said, "$ deno task tasks show ");
  assert(!said.includes(password), "the demo said the password");
  assertEquals(await server.cli("DBSIZE"), "0");
});
