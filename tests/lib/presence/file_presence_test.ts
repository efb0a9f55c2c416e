import { assertEquals } from "@std/assert";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../support/storage_fixture.ts";
import { record, testPresenceContract } from "./presence_contract.ts";

testPresenceContract("files", async (test) => {
  await using dir = await TempDir.make();
  const one = await openTestStorage(dir.path);
  const other = await openTestStorage(dir.path);
  await test({ one: one.presence, other: other.presence });
  assertEquals([...Deno.readDirSync(one.layout.services)], []);
});

Deno.test("a service that died is not live, and the next one sweeps its file away", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const dead = await openTestStorage(dir.path, { disk });
  await dead.presence.announce(record("dead"));
  disk.closeAll();
  const next = await openTestStorage(dir.path);
  // Many who look at a dead one at the same time must not take each other for its life.
  const looks = await Promise.all(Array.from({ length: 8 }, () => next.presence.live()));
  assertEquals(looks.flat(), []);
  const { withdraw } = await next.presence.announce(record("next"));
  assertEquals([...Deno.readDirSync(next.layout.services)].map(({ name }) => name), ["next.json"]);
  await withdraw();
});

Deno.test("two who look at a dead service at once both see it dead", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const dead = await openTestStorage(dir.path, { disk });
  await dead.presence.announce(record("dead"));
  disk.closeAll();
  const one = new HookedDisk();
  const a = await openTestStorage(dir.path, { disk: one });
  const b = await openTestStorage(dir.path);
  let other: unknown;
  // The second looks while the first holds its probe.
  one.hook = async ({ name }) => {
    if (name === "file.read" || name === "list") return;
    if (name === "open") other = undefined;
    else other = await b.presence.live();
  };
  assertEquals(await a.presence.live(), []);
  assertEquals(other, []);
});

Deno.test("live() passes over what is no service's file", async () => {
  await using dir = await TempDir.make();
  const { presence, layout } = await openTestStorage(dir.path);
  Deno.writeTextFileSync(`${layout.services}/x.json`, "no json");
  Deno.mkdirSync(`${layout.services}/y.json`);
  Deno.writeTextFileSync(`${layout.services}/not an id.json`, "{}");
  using held = Deno.openSync(`${layout.services}/x.json`);
  held.lockSync(true);
  assertEquals(await presence.live(), []);
  const { withdraw } = await presence.announce(record("z"));
  assertEquals((await presence.live()).map(({ service_id }) => service_id), ["z"]);
  await withdraw();
});

Deno.test("hasOthers() does not see a dead one", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const dead = await openTestStorage(dir.path, { disk });
  const one = await openTestStorage(dir.path);
  await dead.presence.announce(record("dead"));
  assertEquals(await one.presence.hasOthers("a"), true);
  disk.closeAll();
  Deno.mkdirSync(`${one.layout.services}/y.json`);
  assertEquals(await one.presence.hasOthers("a"), false);
});
