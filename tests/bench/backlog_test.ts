import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { backlog } from "./backlog.ts";
import type { Peer } from "./peers/peer.ts";

const PEER: Peer = {
  name: "Celery, files",
  durability: "relaxed",
  remarks: [],
  enqueue: () => Promise.reject(new Error("not asked for")),
  drain: () => Promise.reject(new Error("not asked for")),
  pickUp: () => Promise.reject(new Error("not asked for")),
  drainBeside: (pending) => Promise.resolve(pending),
};

Deno.test("the bench's backlog section measures every size in every round", async () => {
  await using dir = await TempDir.make();
  const root = dir.path;
  const progress = () => {};
  const { drainBeside: _, ...other } = PEER;
  const peerQueues = [PEER, { ...other, name: "BullMQ, everysec" }];
  const options = { root, rounds: 1, scale: 0.002, peerQueues, progress };
  const figures = await backlog.run(options);
  assertEquals(figures.filter(({ name }) => name.startsWith("drain")).map(({ name }) => name), [
    "drain, concurrency 10, 1,000 pending",
    "drain, concurrency 10, 10,000 pending",
    "drain, concurrency 10, 100,000 pending",
  ]);
  assertEquals(figures.length, 17);
  assertEquals(figures[2]?.compared?.map(({ to, must }) => [to, must]), [
    ["1,000 pending", { least: 0.8 }],
    ["Celery, files, one at a time", { least: 100 }],
  ]);
  assertEquals(figures[2]?.compared?.[1]?.values, [200]);
  for (const { section, name, values, unit, compared = [] } of figures) {
    assertEquals(section, "d");
    assertEquals(values.length, 1, name);
    assert(values.every(Number.isFinite), name);
    // Memory of so few tasks is noise.
    if (unit !== "bytes") assert(values.every((value) => value > 0), name);
    for (const { values } of compared) assertEquals(values.length, 1, name);
  }
  assertEquals(figures.flatMap(({ must }) => must ?? []), [{ most: 1_000 }, { most: 400 }]);
});
