/** The Redis server that README tells one to start: its settings are taken from there. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DONE, request, runTo } from "./lib/queue/contract_fixture.ts";
import { OpenQueue } from "./lib/queue/bullmq/bullmq_scene.ts";
import { PROJECT } from "./support/program.ts";
import { RedisServer, testWithRedis } from "./support/redis_server.ts";

/** The flags of README's `redis-server` as lines of redis.conf, without where it listens. */
function settingsOfReadme(): string[] {
  const readme = Deno.readTextFileSync(join(PROJECT, "README.md"));
  const command = /^redis-server ((?:.*\\\n)*.*)$/m.exec(readme)?.[1];
  assert(command !== undefined, "README starts no redis-server");
  const flags = command.replaceAll(/\\\n|'/g, "").split(/(?:^|\s)--/).map((flag) => flag.trim());
  return flags.filter((flag) => flag !== "" && !/^(bind|protected-mode) /.test(flag));
}

testWithRedis("what README's server was told is there after it was started again", async () => {
  const settings = settingsOfReadme();
  assert(settings.includes("appendonly yes"), settings.join("\n"));
  await using server = await RedisServer.start({ durable: false, settings });
  const url = server.urlWith({ login: "bts:password" });
  {
    await using before = await OpenQueue.open(url);
    await before.queue.enqueue(request({ id: "done" }));
    await runTo(before.queue, DONE);
    await before.queue.enqueue(request({ id: "waits" }));
  }
  await server.restart();
  await using after = await OpenQueue.open(url);
  const tasks = await after.queue.list({ limit: 10 });
  assertEquals(Object.fromEntries(tasks.map(({ record, state }) => [record.id, state])), {
    done: "completed",
    waits: "pending",
  });
  assertEquals((await after.notifications.unread("c1")).map(({ id }) => id), ["done-completed"]);
});
