import { assertEquals } from "@std/assert";
import type { Storage } from "../../../lib/open_storage.ts";
import type { Notification } from "../../../lib/task/notification.ts";
import { eventually } from "../../support/eventually.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { openTestStorage, type StorageOptions, TempDir } from "../../support/storage_fixture.ts";

const notification = (task_id: string, second = 0): Notification => ({
  version: 1,
  id: `${task_id}-completed`,
  conversation_id: "c1",
  task_id,
  event: "completed",
  title: "T",
  message: "m",
  created_at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
});

async function withStorage(
  test: (storage: Storage) => Promise<void>,
  options: StorageOptions = {},
): Promise<void> {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path, options);
  await test(storage);
  storage.close();
}

const ids = (all: readonly Notification[]) => all.map(({ task_id }) => task_id);

Deno.test("put() publishes once, and not again after it was shown", async () => {
  await withStorage(async ({ notifications, layout }) => {
    await notifications.put(notification("x"));
    await notifications.put({ ...notification("x"), message: "another" });
    assertEquals((await notifications.unread("c1")).map(({ message }) => message), ["m"]);
    await notifications.acknowledge(notification("x"));
    await notifications.acknowledge(notification("x"));
    await notifications.put(notification("x"));
    assertEquals(await notifications.unread("c1"), []);
    const read = [...Deno.readDirSync(`${layout.notifications}/c1/read`)].map(({ name }) => name);
    assertEquals(read, ["x-completed.json"]);
  }, { durability: "full" });
});

Deno.test("unread() gives the oldest first and none of another conversation", async () => {
  await withStorage(async ({ notifications }) => {
    await notifications.put(notification("b", 2));
    await notifications.put(notification("a", 3));
    await notifications.put(notification("c", 1));
    await notifications.put({ ...notification("d"), conversation_id: "c2" });
    assertEquals(ids(await notifications.unread("c1")), ["c", "b", "a"]);
    assertEquals(await notifications.unread("nobody"), []);
  });
});

Deno.test("unread() passes over what is no notification or cannot be read", async () => {
  const disk = new HookedDisk();
  await withStorage(async ({ notifications, layout }) => {
    await notifications.put(notification("good"));
    await notifications.put(notification("secret"));
    const directory = `${layout.notifications}/c1`;
    const text = JSON.stringify(notification("good"));
    Deno.writeTextFileSync(`${directory}/torn.json`, text.slice(0, 30));
    Deno.writeTextFileSync(`${directory}/renamed.json`, text);
    Deno.writeTextFileSync(`${directory}/newer.json`, text.replace('"version":1', '"version":2'));
    Deno.mkdirSync(`${directory}/directory.json`);
    Deno.writeTextFileSync(`${directory}/.hidden.json`, text);
    disk.hook = ({ name, path }) => {
      if (name === "open" && path.includes("secret")) throw new Error("no access");
    };
    assertEquals(ids(await notifications.unread("c1")), ["good"]);
    disk.hook = () => {};
  }, { disk });
});

Deno.test("watch() reports what is there first, then what comes, one after the other", async () => {
  await withStorage(async ({ notifications }) => {
    await notifications.put(notification("b", 2));
    await notifications.put(notification("a", 1));
    const seen: string[] = [];
    let showing = 0;
    const watch = notifications.watch("c1", async ({ task_id }) => {
      assertEquals(++showing, 1);
      await Promise.resolve();
      seen.push(task_id);
      showing--;
    });
    await eventually("the first two", () => seen.length === 2);
    await notifications.put(notification("c", 3));
    await eventually("the third", () => seen.length === 3);
    assertEquals(seen, ["a", "b", "c"]);
    watch.close();
    await notifications.put(notification("d", 4));
    assertEquals(seen.length, 3);
  });
});

Deno.test("watch() reports again what could not be shown", async () => {
  await withStorage(async ({ notifications }) => {
    const shown: string[] = [];
    let failures = 1;
    const watch = notifications.watch("c1", ({ task_id }) => {
      if (failures-- > 0) throw new Error("the terminal is gone");
      shown.push(task_id);
    });
    await notifications.put(notification("x"));
    await eventually("it is shown after all", () => shown.length === 1);
    watch.close();
  });
});

Deno.test("watch() sees what comes into a conversation that had no directory", async () => {
  await withStorage(async ({ notifications }) => {
    const seen: string[] = [];
    const watch = notifications.watch("c1", ({ task_id }) => void seen.push(task_id));
    await notifications.put(notification("x"));
    await eventually("the notification", () => seen.length === 1);
    watch.close();
  });
});
