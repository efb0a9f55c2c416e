/** What is said of a real server, and of what lies in it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import { NO_USAGE } from "../../../../lib/task/record.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { withStorageAt } from "../../../support/temp_storage.ts";

async function said({ upkeep }: Storage): Promise<string[]> {
  const { findings } = await upkeep.examine({ services: [], now: Date.now() });
  return findings.map(({ check, level, message }) => `${check} ${level}: ${message}`);
}

/** A completed task with an artifact of so many bytes. */
async function completed(storage: Storage, id: string, bytes: number): Promise<void> {
  const { queue, journals, artifacts } = storage;
  await queue.enqueue({ conversation_id: "c1", prompt: "p", id });
  const claimed = await queue.claim(AbortSignal.timeout(10_000));
  assert(claimed?.record.id === id);
  await claimed.start();
  const journal = await journals.open(id, claimed.record.incarnation);
  await journal.append({ type: "attempt_started", run: 1, attempt: 1, service_id: "s1" });
  await artifacts.write(id, "a.bin", new Uint8Array(bytes));
  journal.close();
  await claimed.finish({ kind: "completed", result: "r", artifacts: [], usage: NO_USAGE });
}

testWithRedis(
  "a server that is as it should be is told with its version, memory and clock",
  async () => {
    await using server = await RedisServer.start();
    await withStorageAt(server.url, async (storage) => {
      const { upkeep } = storage;
      assertEquals(upkeep.place, `Redis at ${server.place}, prefix bts`);
      const { findings, clock } = await upkeep.examine({ services: [], now: Date.now() });
      assertEquals(findings.map(({ check, level }) => `${check} ${level}`), [
        "server ok",
        "memory ok",
        "keys ok",
      ]);
      assertMatch(
        findings[0]?.message ?? "",
        /^Redis \d+\.\d+\.\d+ at \S+ keeps what it acknowledges$/,
      );
      assert(Math.abs(clock?.ahead_ms ?? Infinity) < 5_000);
      assertEquals(await upkeep.warnings(), []);
    });
  },
);

testWithRedis(
  "what somebody has switched at the queue, or has left, is told with what to do",
  async () => {
    await using server = await RedisServer.start({ settings: ["appendfsync everysec"] });
    await withStorageAt(server.url, async (storage) => {
      for (const id of ["kept", "123", "gone"]) await completed(storage, id, 10);
      await server.cli("DEL", "{bts}:tasks:gone");
      await server.cli("HSET", "{bts}:tasks:meta", "paused", "1");
      const [settings, paused, memory, keys] = await said(storage);
      assertMatch(settings ?? "", /^server ok: /, "relaxed, as this storage is");
      assertMatch(paused ?? "", /^server bad: The queue "tasks" is paused/);
      assertMatch(memory ?? "", /^memory ok: /);
      assertEquals(
        keys,
        "keys look: Journals or artifacts of tasks that are gone lie about (1: gone): remove their " +
          "keys, such as {bts}:journal:gone",
      );
    });
  },
);

testWithRedis("jobs that are in no state are named", async () => {
  await using server = await RedisServer.start();
  await withStorageAt(server.url, async (storage) => {
    for (const id of ["lost", "123", "kept"]) await completed(storage, id, 10);
    await server.cli("ZREM", "{bts}:tasks:completed", "lost", "_123");
    await server.cli("SET", "{bts}:tasks:text", "theirs");
    const keys = (await said(storage)).filter((text) => text.startsWith("keys bad"));
    assertEquals(keys, [
      "keys bad: Jobs are in no state of the queue, so nobody sees or runs them (2: _123, lost), as " +
      "after a loss of data: restore the server's data, or add their tasks anew and remove their " +
      "keys, such as {bts}:tasks:_123",
    ]);
  });
});

testWithRedis("what a prune would free is told of each task, whatever its id is", async () => {
  await using server = await RedisServer.start({ durable: false });
  await withStorageAt(server.url, async (storage) => {
    await completed(storage, "small", 10);
    await completed(storage, "123", 100_000);
    const [small = 0, large = 0, none] = await storage.upkeep.sizesOf([
      { id: "small", state: "completed" },
      { id: "123", state: "completed" },
      { id: "gone", state: "failed" },
    ]);
    assert(small > 500 && small < 10_000, String(small));
    assert(large > 100_000 && large < 200_000, String(large));
    assertEquals(none, 0);
  });
});

testWithRedis(
  "a move of tasks is told, and what it has on its way is nobody's left over",
  async () => {
    await using server = await RedisServer.start();
    await withStorageAt(server.url, async (storage) => {
      const mark = { version: 1, token: "t", from: "/a", to: "redis://h:6379", started_at: "" };
      await server.cli("SET", "{bts}:moving", JSON.stringify(mark));
      await server.cli("RPUSH", "{bts}:journal:on-its-way", "{}");
      const keys = (await said(storage)).filter((text) => text.startsWith("keys"));
      assertEquals(keys.length, 1);
      assertMatch(
        keys[0] ?? "",
        /^keys bad: Cannot start a service on Redis at \S+: a move of its/,
      );
      assertMatch(
        keys[0] ?? "",
        /finish it first with tasks move --from \/a --to redis:\/\/h:6379/,
      );
    });
  },
);

testWithRedis("a cluster is examined like one server", async () => {
  await using server = await RedisServer.start({ cluster: true });
  await withStorageAt(server.url, async (storage) => {
    await completed(storage, "t1", 10);
    await server.cli("DEL", "{bts}:tasks:t1");
    const levels = (await said(storage)).map((line) => line.replace(/:.*/, ""));
    assertEquals(levels, ["server ok", "memory ok", "keys look"]);
    const [size = 0] = await storage.upkeep.sizesOf([{ id: "t1", state: "completed" }]);
    assert(size > 0);
  });
});
