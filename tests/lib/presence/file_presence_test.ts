import { assertEquals } from "@std/assert";
import { soon } from "../../support/eventually.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../support/storage_fixture.ts";

const record = (service_id: string) => ({
  version: 1,
  service_id,
  pid: Deno.pid,
  host: "here",
  started_at: "2026-01-01T00:00:00.000Z",
  concurrency: 4,
  model: "m",
  tools: [],
});

Deno.test("live() gives those that hold their file's lock, until they withdraw", async () => {
  await using dir = await TempDir.make();
  const one = await openTestStorage(dir.path);
  const two = await openTestStorage(dir.path);
  const a = await one.presence.announce(record("a"));
  const b = await two.presence.announce(record("b"));
  const live = async () => (await one.presence.live()).map(({ service_id }) => service_id).sort();
  assertEquals(await live(), ["a", "b"]);
  assertEquals(await one.presence.live().then(([first]) => first), record("a"));
  await a.withdraw();
  assertEquals(await live(), ["b"]);
  await b.withdraw();
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

Deno.test("hasOthers() sees another live service, not itself and not a dead one", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const dead = await openTestStorage(dir.path, { disk });
  const one = await openTestStorage(dir.path);
  const two = await openTestStorage(dir.path);
  const a = await one.presence.announce(record("a"));
  await dead.presence.announce(record("dead"));
  assertEquals(await one.presence.hasOthers("a"), true);
  disk.closeAll();
  Deno.mkdirSync(`${one.layout.services}/y.json`);
  assertEquals(await one.presence.hasOthers("a"), false);
  const b = await two.presence.announce(record("b"));
  assertEquals(await one.presence.hasOthers("a"), true);
  await b.withdraw();
  assertEquals(await one.presence.hasOthers("a"), false);
  await a.withdraw();
});

Deno.test("watch() tells that a service has come", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = storage.presence.watch(resolve);
  const { withdraw } = await storage.presence.announce(record("a"));
  await soon("a sign of the service", promise);
  await withdraw();
  watch.close();
});
