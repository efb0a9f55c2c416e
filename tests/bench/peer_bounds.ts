/** What the ratio to another queue must reach, by the peer's name. */
import type { Bound } from "./figure.ts";
import type { Peer } from "./peers/peer.ts";

/**
 * A bound, where there is one: other figures are shown and promise nothing.
 *
 * @param ours the durability of our figure
 * @param figure "drain, concurrency 10", "pick-up p99", …
 */
export function peerBound(
  { name }: Peer,
  ours: "relaxed" | "full",
  figure: string,
): Bound | undefined {
  const isDrain = figure.startsWith("drain");
  if (name.startsWith("BullMQ")) {
    if (figure === "pick-up p50") return { most: 0.35 };
    if (figure === "pick-up p99") return { most: 0.7 };
    if (figure === "drain, concurrency 10") return { least: ours === "full" ? 1 : 1.2 };
    if (figure === "drain, concurrency 1" && ours === "relaxed") return { least: 2.5 };
  }
  // Its local queue fetches in batches and keeps no result: not the same work.
  if (name === "graphile-worker" && isDrain && ours === "relaxed") return { least: 3 };
  if (name.startsWith("Celery") && figure === "drain, 100,000 pending") return { least: 100 };
  if (name.startsWith("Celery") && isDrain) return { least: 5 };
  return undefined;
}

/**
 * Whether our figures in a durability are held against this peer's. Postgres flushes every commit,
 * so graphile-worker is like our full one; our relaxed one is what promises a ratio to it.
 */
export function isHeldAgainst({ name, durability }: Peer, ours: "relaxed" | "full"): boolean {
  return durability === ours || name.startsWith("graphile-worker");
}
