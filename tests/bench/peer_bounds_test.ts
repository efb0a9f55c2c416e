import { assertEquals } from "@std/assert";
import { isHeldAgainst, peerBound } from "./peer_bounds.ts";
import type { Peer } from "./peers/peer.ts";

const peer = (name: string, durability: Peer["durability"]): Peer => ({
  name,
  durability,
  remarks: [],
  enqueue: () => Promise.resolve(1),
  drain: () => Promise.resolve(1),
  pickUp: () => Promise.resolve([1]),
});

Deno.test("peerBound() asks of each peer what was promised, and of others nothing", () => {
  const drain = "drain, concurrency 10";
  const everysec = peer("BullMQ, everysec", "relaxed");
  const always = peer("BullMQ, always", "full");
  const graphile = peer("graphile-worker", "full");
  const celery = peer("Celery, files", "relaxed");
  assertEquals(peerBound(everysec, "relaxed", drain), { least: 1.2 });
  assertEquals(peerBound(everysec, "relaxed", "drain, concurrency 1"), { least: 2.5 });
  assertEquals(peerBound(always, "full", drain), { least: 1 });
  assertEquals(peerBound(always, "full", "drain, concurrency 1"), undefined);
  assertEquals(peerBound(always, "full", "pick-up p99"), { most: 0.7 });
  assertEquals(peerBound(graphile, "relaxed", drain), { least: 3 });
  assertEquals(peerBound(graphile, "full", drain), undefined);
  assertEquals(peerBound(celery, "relaxed", drain), { least: 5 });
  assertEquals(peerBound(celery, "relaxed", "drain, 100,000 pending"), { least: 100 });
  const batching = peer("graphile-worker, local queue", "full");
  assertEquals(peerBound(batching, "relaxed", drain), undefined);
});

Deno.test("isHeldAgainst() takes the same durability, and Postgres beside both", () => {
  assertEquals(isHeldAgainst(peer("BullMQ, always", "full"), "relaxed"), false);
  assertEquals(isHeldAgainst(peer("BullMQ, always", "full"), "full"), true);
  assertEquals(isHeldAgainst(peer("graphile-worker", "full"), "relaxed"), true);
});
