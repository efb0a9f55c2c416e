import { assert, assertEquals } from "@std/assert";
import type { Peer } from "./peer.ts";

/** Measures little of a peer, and checks that there is a figure for everything. */
export async function checkShortForm(peer: Peer): Promise<void> {
  checkRate(peer, await peer.enqueue(20, 4));
  await checkDrain(peer);
  const waits = await peer.pickUp(3);
  assertEquals(waits.length, 3);
  assert(waits.every((wait) => wait > 0 && wait < 60_000), `${peer.name}: ${waits}`);
}

/** As much of it as a drain is: it throws when a job was lost or done twice. */
export async function checkDrain(peer: Peer): Promise<void> {
  checkRate(peer, await peer.drain(30, 3));
}

function checkRate(peer: Peer, rate: number): void {
  assert(rate > 0 && Number.isFinite(rate), `${peer.name}: ${rate}`);
}
