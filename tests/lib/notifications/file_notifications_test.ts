import { assertEquals } from "@std/assert";
import type { Storage } from "../../../lib/open_storage.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { openTestStorage, type StorageOptions, TempDir } from "../../support/storage_fixture.ts";
import { notification, taskIds, testNotificationsContract } from "./notifications_contract.ts";

testNotificationsContract("files", async (test) => {
  await using dir = await TempDir.make();
  const one = await openTestStorage(dir.path, { durability: "full" });
  const other = await openTestStorage(dir.path);
  await test({ one: one.notifications, other: other.notifications });
  await one.close();
  await other.close();
});

async function withStorage(
  test: (storage: Storage) => Promise<void>,
  options: StorageOptions = {},
): Promise<void> {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path, options);
  await test(storage);
  await storage.close();
}

Deno.test("a shown one lies in read/", async () => {
  await withStorage(async ({ notifications, layout }) => {
    await notifications.put(notification("x"));
    await notifications.acknowledge(notification("x"));
    const read = [...Deno.readDirSync(`${layout.notifications}/c1/read`)].map(({ name }) => name);
    assertEquals(read, ["x-completed.json"]);
  }, { durability: "full" });
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
    assertEquals(taskIds(await notifications.unread("c1")), ["good"]);
    disk.hook = () => {};
  }, { disk });
});
