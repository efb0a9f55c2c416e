import type { ServiceRecord } from "../task/service_record.ts";
import type { TaskState } from "../task/record.ts";
import type { Finding } from "./finding.ts";

/** What an operator wants to know of the place where tasks are kept. Each engine has one. */
export interface Upkeep {
  /** What sentences call the place; no secret is in it. */
  readonly place: string;
  /**
   * Removing many tasks at once makes others slow for minutes, so they go at the pace at which they
   * came.
   */
  readonly removes_slowly: boolean;
  /** What does not hold like this, one sentence each: for the log of a service that starts. */
  warnings(): Promise<readonly string[]>;
  /** The file that holds an artifact; `undefined` where it is no file of this machine. */
  artifactPath(task_id: string, name: string): string | undefined;
  /** What people call the place of what was handed in and is no valid task. */
  originalOf(task_id: string): string;
  /** Bytes of each task's record, journal and artifacts, in the order in which the tasks are given. */
  sizesOf(tasks: readonly KeptTask[]): Promise<readonly number[]>;
  /** Looks at the place itself, not at its tasks. */
  examine(around: Surroundings): Promise<Examination>;
}

/** What a size is asked of. */
export interface KeptTask {
  readonly id: string;
  readonly state: TaskState;
}

/** What an examination is told. */
export interface Surroundings {
  /** The services that are alive. */
  readonly services: readonly ServiceRecord[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Examination {
  /** In the order in which they are told. */
  readonly findings: readonly Finding[];
  /** The place's own clock. */
  readonly clock?: PlaceClock;
}

export interface PlaceClock {
  /** As a sentence begins: "The disk". */
  readonly whose: string;
  /** Milliseconds by which it is ahead of this machine's; negative where it is behind. */
  readonly ahead_ms: number;
}
