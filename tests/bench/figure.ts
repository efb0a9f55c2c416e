/** What a section of the bench measures, in a form that the table, the JSON and the chart share. */
import type { Peer } from "./peers/peer.ts";

/** What must be reached: a median at least or at most this. */
export interface Bound {
  readonly least?: number;
  readonly most?: number;
}

/** What a figure is held against, measured in the same rounds of the same run. */
export interface Comparison {
  /** "floor", "BullMQ, everysec", "1,000 pending", … */
  readonly to: string;
  /** One a round, in the figure's own unit. */
  readonly values: readonly number[];
  /** What the ratio figure / comparison must reach. */
  readonly must?: Bound;
}

export interface Figure {
  /** Letter of its section. */
  readonly section: string;
  readonly name: string;
  readonly unit: "tasks/s" | "ms" | "MB" | "bytes" | "%" | "×" | "a second";
  /** One a round. */
  readonly values: readonly number[];
  /** What the value itself must reach. */
  readonly must?: Bound;
  readonly compared?: readonly Comparison[];
  /** Whether the chart shows it, beside what it is compared to. */
  readonly charted?: true;
}

export interface BenchOptions {
  /** A directory of this run alone: every round makes fresh ones with new names in it. */
  readonly root: string;
  /** Rounds that count, after one that warms up. */
  readonly rounds: number;
  /** 1 for the figures of the README; smaller scales counts down, for the short form in the tests. */
  readonly scale: number;
  /** Other queues that are measured too, in the same rounds. Default: none. */
  readonly peerQueues?: readonly Peer[];
  /** Told what is being measured, for a person who waits. */
  readonly progress: (what: string) => void;
  /** Called by a section between its rounds, when nothing is timed: the machine's noise is. */
  readonly betweenRounds?: () => void;
  /** Told what a reader of the report must know, one sentence. */
  readonly remark?: (sentence: string) => void;
}

export interface Section {
  readonly letter: string;
  readonly title: string;
  readonly run: (options: BenchOptions) => Promise<Figure[]>;
}

/** Bytes of the unit "MB". */
export const MEGABYTE = 1024 * 1024;

/** A count at this scale, at least `least`. */
export function scaled(count: number, scale: number, least = 1): number {
  return Math.max(least, Math.round(count * scale));
}

/** The median, smallest and largest of those that are numbers; NaN of none. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return { median: percentile(sorted, 0.5), min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.round((sorted.length - 1) * share)] ?? NaN;
}
