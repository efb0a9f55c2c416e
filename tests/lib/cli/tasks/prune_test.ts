import { assertEquals } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import { parseRecord } from "../../../../lib/task/parse_record.ts";
import { testOnEachStorage, withStorage } from "../../../support/temp_storage.ts";
import { COMPLETED, ended, FAILED, run } from "./tasks_fixture.ts";

/** Ends a task and lets its notification be seen; then it ended so many days ago. */
async function old(storage: Storage, id: string, days: number, ending = COMPLETED): Promise<void> {
  await ended(storage, id, ending);
  for (const notification of await storage.notifications.unread("c1")) {
    await storage.notifications.acknowledge(notification);
  }
  const path = storage.layout.task(ending.kind === "failed" ? "failed" : "completed", id);
  const record = JSON.parse(await Deno.readTextFile(path));
  record.finished_at = new Date(Date.now() - days * 86_400_000).toISOString();
  await Deno.writeTextFile(path, JSON.stringify(record));
}

async function ids({ queue }: Storage): Promise<string[]> {
  const tasks = await queue.list({ limit: 100 });
  return tasks.map(({ record }) => record.id).sort();
}

Deno.test("tasks prune without --yes says what would go and removes nothing", async () => {
  await withStorage(async (storage) => {
    await old(storage, "t1", 40);
    await old(storage, "t2", 31, FAILED);
    await old(storage, "t3", 1);
    await storage.artifacts.write("t1", "big.txt", new Uint8Array(5_000));
    const path = storage.layout.task("completed", "t1");
    const record = parseRecord("t1", await Deno.readFile(path), 0, "completed");
    const finished = record.kind === "task" ? record.record.finished_at : "";
    const json = (await run(storage, "prune --older-than 30d --json")).json();
    const sizes = ["t1", "t2"].map((id, i) =>
      Deno.statSync(storage.layout.task(i === 0 ? "completed" : "failed", id)).size
    );
    assertEquals(json.pruned[0], {
      id: "t1",
      state: "completed",
      finished_at: finished,
      bytes: 5_000 + sizes[0]!,
    });
    const pruned = json.pruned.map(({ id }: { id: string }) => id);
    assertEquals([json.dry_run, pruned, json.kept], [true, ["t1", "t2"], { too_young: 1 }]);
    assertEquals(json.bytes, 5_000 + sizes[0]! + sizes[1]!);
    const { code, stdout } = await run(storage, "prune --older-than 30d");
    const [first, ...rest] = stdout.split("\n");
    assertEquals(code, 0);
    assertEquals(
      first!.replace(/\([^)]*\)|20\S+Z/g, "…"),
      "Would prune 2 tasks …, ended from … to ….",
    );
    assertEquals(rest, [
      "Kept: 1 ended too recently.",
      "Nothing was removed: say the same with --yes to do it.",
      "",
    ]);
    assertEquals(await ids(storage), ["t1", "t2", "t3"]);
  });
});

Deno.test("tasks prune --yes removes tasks with all that belongs to them, and nothing twice", async () => {
  await withStorage(async (storage) => {
    await old(storage, "t1", 40);
    await old(storage, "t2", 1);
    await storage.artifacts.write("t1", "big.txt", new Uint8Array(10));
    const { code, stdout } = await run(storage, "prune --older-than 30d --yes");
    assertEquals([code, stdout.split(" (")[0]], [0, "Pruned 1 task"]);
    assertEquals(await ids(storage), ["t2"]);
    assertEquals(await storage.artifacts.list("t1"), []);
    const again = await run(storage, "prune --older-than 30d --yes");
    assertEquals(again.stdout, "There is nothing to prune.\nKept: 1 ended too recently.\n");
  });
});

Deno.test("tasks prune --keep lets the latest stay, by state and conversation too", async () => {
  await withStorage(async (storage) => {
    for (const [id, days] of [["t1", 3], ["t2", 2], ["t3", 1]] as const) {
      await old(storage, id, days);
    }
    await old(storage, "bad", 9, FAILED);
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "waits" });
    const none = (await run(storage, "prune --keep 0 --conversation c2 --json")).json();
    assertEquals([none.pruned, none.kept], [[], {}]);
    const done = await run(storage, "prune --keep 1 --state completed --yes --json");
    assertEquals(done.json().kept, { newest: 1 });
    assertEquals(await ids(storage), ["bad", "t3", "waits"]);
    const both = (await run(storage, "prune --keep 1 --older-than 5d --json")).json();
    assertEquals([both.pruned.map(({ id }: { id: string }) => id), both.kept], [["bad"], {
      newest: 1,
    }]);
  });
});

testOnEachStorage(
  "tasks prune leaves what nobody has been told of, unless --unread is given",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "t1", COMPLETED);
      const kept = await run(storage, "prune --keep 0 --yes");
      assertEquals(
        kept.stdout,
        "There is nothing to prune.\nKept: 1 with a notification that nobody has seen.\n",
      );
      await run(storage, "prune --keep 0 --unread --yes");
      assertEquals([await ids(storage), await storage.notifications.unread("c1")], [[], []]);
    });
  },
);

Deno.test("tasks prune stops at an interrupt and says how far it came", async () => {
  await withStorage(async (storage) => {
    await old(storage, "t1", 3);
    await old(storage, "t2", 2);
    const interrupt = new AbortController();
    const queue = Object.create(storage.queue);
    queue.prune = async (...args: Parameters<Storage["queue"]["prune"]>) => {
      interrupt.abort();
      return await storage.queue.prune(...args);
    };
    for (const name of ["each", "list", "get"] as const) {
      queue[name] = storage.queue[name].bind(storage.queue);
    }
    const interrupted = { ...storage, queue } as Storage;
    const { code, stdout } = await run(
      interrupted,
      "prune --keep 0 --yes --json",
      interrupt.signal,
    );
    assertEquals([code, JSON.parse(stdout).pruned.length], [130, 1]);
    assertEquals(await ids(storage), ["t2"]);
  });
});

Deno.test("tasks prune says of what it could not remove that it failed, and why, whatever that was", async () => {
  await withStorage(async (storage) => {
    await old(storage, "t1", 3);
    const queue = Object.create(storage.queue);
    queue.each = storage.queue.each.bind(storage.queue);
    queue.prune = () => Promise.reject(new Error("no space left on the device"));
    const full = { ...storage, queue } as Storage;
    const { code, stdout, stderr } = await run(full, "prune --keep 0 --yes");
    assertEquals([code, stdout, stderr], [
      1,
      "Pruned 0 tasks (0 bytes with journals and artifacts).\nKept: 1 that could not be removed.\n",
      "error: no space left on the device\n",
    ]);
    assertEquals((await run(full, "prune --keep 0 --yes --json")).json().kept, { failed: 1 });
  });
});
