import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import type { Peer } from "./peers/peer.ts";
import { pickUpSection } from "./pick_up.ts";

Deno.test("the section of pick-ups measures another process, idle and while tasks come", async () => {
  await using dir = await TempDir.make();
  const peer: Peer = {
    name: "BullMQ, everysec",
    durability: "relaxed",
    remarks: [],
    enqueue: () => Promise.reject(new Error("not asked for")),
    drain: () => Promise.reject(new Error("not asked for")),
    pickUp: () => Promise.resolve([3, 1, 2]),
  };
  const section = pickUpSection([{ durability: "relaxed" }, { durability: "relaxed", rate: 200 }]);
  const figures = await section.run({
    root: dir.path,
    rounds: 1,
    scale: 0.02,
    peerQueues: [peer],
    progress: () => {},
  });
  assertEquals(figures.map(({ name }) => name), [
    ...["p50", "p95", "p99", "max"].map((label) => `relaxed, idle, ${label}`),
    ...["p50", "p95", "p99", "max"].map((label) => `relaxed, at 200 tasks/s, ${label}`),
  ]);
  for (const { values } of figures) assert(values.length === 1 && values[0]! > 0);
  const bounds = figures.map(({ compared }) => compared?.map(({ to, must }) => [to, must]));
  assertEquals(bounds[0], [["floor", undefined], ["BullMQ, everysec", { most: 0.35 }]]);
  assertEquals(bounds[2], [["floor", undefined], ["BullMQ, everysec", { most: 0.7 }]]);
  assertEquals(bounds[6], [["idle", { most: 3 }], ["BullMQ, everysec", undefined]]);
  assertEquals(figures[0]?.compared?.[1]?.values, [2]);
  assertEquals(figures[3]?.compared?.[1]?.values, [3]);
});
