import { assertEquals, assertRejects } from "@std/assert";
import { LeaseLost } from "../../../lib/queue/task_queue.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { RedisStores } from "../../support/redis_stores.ts";
import { ENDED, STARTED, testJournalContract, types } from "./journal_contract.ts";

testJournalContract("Redis", async (test) => {
  await using server = await RedisServer.start();
  await using one = await RedisStores.open(server);
  await using other = await RedisStores.open(server);
  const hold = (who: "one" | "other", task_id: string) =>
    (who === "one" ? one : other).leases.take(task_id);
  await test({ one: one.journals, other: other.journals, hold });
}, testWithRedis);

testWithRedis("a late writer is refused everything, and the new owner's lines stay", async () => {
  await using server = await RedisServer.start();
  await using late = await RedisStores.open(server);
  await using owner = await RedisStores.open(server);
  await assertRejects(() => late.journals.open("x", "inc-1"), LeaseLost);
  await late.leases.take("x");
  const old = await late.journals.open("x", "inc-1");
  await old.append(STARTED);
  await owner.leases.take("x");
  const journal = await owner.journals.open("x", "inc-1");
  await journal.append(ENDED);
  await assertRejects(() => old.append(STARTED), LeaseLost);
  await assertRejects(() => old.note(STARTED), LeaseLost);
  await assertRejects(() => late.journals.open("x", "inc-2"), LeaseLost);
  assertEquals(types(await owner.journals.read("x")), ["attempt_started", "attempt_ended"]);
});

testWithRedis("an answer that came too late to rely on is as good as none", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  await stores.leases.take("x");
  const journal = await stores.journals.open("x", "inc-1");
  stores.leases.valid = false;
  await assertRejects(() => journal.append(STARTED), LeaseLost);
  stores.leases.valid = true;
  // What comes after it would be built on what nobody can be sure of.
  await assertRejects(() => journal.append(ENDED), LeaseLost);
  assertEquals(types(await stores.journals.read("x")), ["attempt_started"]);
});

testWithRedis("lines whose answer was lost are written once, and in their order", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  await stores.leases.take("x");
  const journal = await stores.journals.open("x", "inc-1");
  let i = 0;
  for (let restarts = 0; restarts < 5; restarts++) {
    const appended: Promise<void>[] = [];
    let isUp = false;
    const restarted = server.restart().then(() => isUp = true);
    // While it is killed and comes back: some are under way then, others wait.
    while (!isUp) {
      appended.push(journal.append({ type: "attempt_ended", outcome: String(i++) }));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await Promise.all([restarted, ...appended]);
  }
  const written = await stores.journals.read("x");
  assertEquals(
    written.map((entry) => entry.type === "attempt_ended" && entry.outcome),
    Array.from({ length: i }, (_, at) => String(at)),
  );
});

testWithRedis(
  "a task whose id is a number has its lock where its producer has put it",
  async () => {
    await using server = await RedisServer.start();
    await using stores = await RedisStores.open(server);
    for (const job_id of ["17", "_17"]) {
      await server.cli("FLUSHALL");
      await stores.leases.take("17", job_id);
      const journal = await stores.journals.open("17", "inc-1");
      await journal.append(STARTED);
      assertEquals(types(await stores.journals.read("17")), ["attempt_started"]);
    }
  },
);

testWithRedis("a journal of a newer program is left as it is", async () => {
  await using server = await RedisServer.start();
  await using stores = await RedisStores.open(server);
  const header = { at: "", type: "journal_started", version: 2, incarnation: "inc-1" };
  await server.cli("RPUSH", stores.keys.journal("x"), JSON.stringify(header));
  await stores.leases.take("x");
  for (const incarnation of ["inc-1", "inc-2"]) {
    const error = await assertRejects(() => stores.journals.open("x", incarnation), Error);
    assertEquals(
      error.message,
      "Cannot go on with the journal of task x: it was written by a newer version (2) of this " +
        "program; run the task with that one",
    );
  }
  assertEquals(await server.cli("LLEN", stores.keys.journal("x")), "1");
});
