/** What a process that is to die is told, as JSON on its command line. */
import type { Moment, NamedCall } from "./crash_disk.ts";

/** One place in a scope's calls. */
export interface Point {
  readonly name: string;
  readonly nth: number;
  readonly moment: Moment;
}

export type Operation = "enqueue" | "retry" | "cancel" | "prune" | "acknowledge" | "start";

export interface CrashPlan {
  /** The directory of tasks; with "start" one directory for each id is below it. */
  readonly root: string;
  /** The tasks that it may see. */
  readonly ids: readonly string[];
  /** A service, or the same operation for each task. */
  readonly act: "service" | Operation;
  /** Where a service's tools are. */
  readonly tools_directory: string;
  /** Calls count from the start, or from SIGUSR2 on. */
  readonly armed: boolean;
  /** Appends every named call to this file. */
  readonly record?: string;
  /** For each scope where it stops; once all have, the process kills itself. */
  readonly stops: Readonly<Record<string, Point>>;
}

/** Whether a call is the one that a point means, whatever the moment. */
export function isCallOf(point: Point | undefined, call: NamedCall): boolean {
  return point !== undefined && point.name === call.name && point.nth === call.nth;
}
