import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { drainSection } from "./drain.ts";
import type { Peer } from "./peers/peer.ts";

Deno.test("the section of drains holds a service against floor and peers, two services against one", async () => {
  await using dir = await TempDir.make();
  const counts: number[] = [];
  const peer: Peer = {
    name: "BullMQ, everysec",
    durability: "relaxed",
    remarks: [],
    enqueue: () => Promise.reject(new Error("not asked for")),
    drain: (count, concurrency) => {
      counts.push(count, concurrency);
      return Promise.resolve(0.001);
    },
    pickUp: () => Promise.reject(new Error("not asked for")),
  };
  const section = drainSection([
    { durability: "relaxed", concurrency: 10, services: 1 },
    { durability: "relaxed", concurrency: 10, services: 2 },
  ]);
  const [one, two, ...others] = await section.run({
    root: dir.path,
    rounds: 1,
    scale: 0.005,
    peerQueues: [peer, { ...peer, name: "BullMQ, always", durability: "full" }],
    progress: () => {},
  });
  assertEquals(others, []);
  assert(one !== undefined && two !== undefined);
  for (const { values } of [one, two]) assert(values.length === 1 && values[0]! > 0);
  assertEquals(one.compared?.map(({ to, must }) => [to, must]), [
    ["floor, relaxed", { least: 0.6 }],
    ["every call of the protocol, relaxed", undefined],
    ["BullMQ, everysec", { least: 1.2 }],
  ]);
  assertEquals(two.compared, [{ to: "one service", values: one.values }]);
  // The warm-up and the round.
  assertEquals(counts, [50, 10, 50, 10]);
});
