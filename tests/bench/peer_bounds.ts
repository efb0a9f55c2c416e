/** What the ratio to another queue must reach, by the peer's name. */
import type { Bound } from "./figure.ts";
import type { Peer } from "./peers/peer.ts";

/**
 * A bound, where there is one: other figures are shown and promise nothing.
 *
 * @param figure "drain, concurrency 10", "pick-up p99", …
 */
export function peerBound({ name, durability }: Peer, figure: string): Bound | undefined {
  const isDrain = figure.startsWith("drain");
  if (name.startsWith("BullMQ")) {
    if (figure === "pick-up p50") return { most: 0.35 };
    if (figure === "pick-up p99") return { most: 0.7 };
    if (figure === "drain, concurrency 10") return { least: durability === "full" ? 1 : 1.2 };
    if (figure === "drain, concurrency 1" && durability === "relaxed") return { least: 2.5 };
  }
  // Its local queue fetches in batches and keeps no result: not the same work.
  if (name.startsWith("graphile-worker") && !name.includes("local queue")) {
    return isDrain ? { least: 3 } : undefined;
  }
  if (name.startsWith("Celery")) return isDrain ? { least: 5 } : undefined;
  return undefined;
}

/** A queue that says it cannot be emptied of very many jobs is measured with fewer of them. */
export function peerCount({ drainBeside }: Peer, count: number): number {
  return drainBeside === undefined ? count : Math.max(1, Math.round(count / 20));
}
