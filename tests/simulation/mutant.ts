/** What one way to break the engine is. */
import type { Theme } from "./plan.ts";

/** One replacement. `file` is below lib/. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** A violation must be found among so many seeds… */
  readonly seeds: number;
  /** …of this kind; of any when absent. */
  readonly theme?: Theme;
}

/** Where the file engine lies. */
export const QUEUE = "queue/file";
/** A file that is opened and believed to be held, without a lock. */
export const OPEN_ONLY = 'file === undefined ? { kind: "gone" as const }' +
  ' : { kind: "ok" as const, held: { file, info: await file.stat() } };';
