/**
 * Moving tasks from one place where they are kept to another: what a place must offer for that.
 *
 * A task is written to its new place whole, and only then removed from the old one. So a crash in
 * between leaves it in both; the next run finds it there and removes the old one.
 */
import type { FoundMark, MoveMark } from "../task/move_mark.ts";
import type { TaskRecord, TaskState } from "../task/record.ts";
import type { ServiceRecord } from "../task/service_record.ts";

/** One task with all that belongs to it. What may be large is read only when it is asked for. */
export interface Bundle {
  readonly id: string;
  readonly state: TaskState;
  /** As its readers see it: defaults are filled in. */
  readonly record: TaskRecord;
  /** As it lies there: every field that it has, and none that it has not. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly journal?: MovedJournal;
  readonly artifacts: readonly MovedArtifact[];
  readonly notifications: readonly MovedNotification[];
  /** A request to cancel it, as it lies there. */
  readonly cancel?: Readonly<Record<string, unknown>>;
  /** What was no valid task, as it came. */
  readonly original?: Content;
}

export interface MovedJournal {
  /** Pieces of it, each of whole lines with their newlines, the header line first. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** Something that may be large. */
export interface Content {
  readonly bytes: number;
  read(): Promise<Uint8Array>;
}

export interface MovedArtifact extends Content {
  readonly name: string;
}

export interface MovedNotification {
  readonly id: string;
  readonly conversation_id: string;
  readonly record: Readonly<Record<string, unknown>>;
  /** Whether it was shown. */
  readonly read: boolean;
}

/** A task that nobody else changes while it is held. */
export interface HeldTask {
  readonly bundle: Bundle;
  /**
   * Removes it with all that belongs to it. Durable when it resolves.
   *
   * @returns false where it has changed since it was taken: nothing was removed then
   */
  remove(): Promise<boolean>;
  /** Lets go of it, removed or not. */
  release(): void;
}

/** A task stays where it is, for a reason in a clause that people understand. */
export interface Left {
  readonly kind: "left";
  readonly reason: string;
  /** Somebody is at work on it: it was not found out whether it is at the other place too. */
  readonly busy?: true;
}

/** A task that stayed where it was, and why, in a clause. */
export interface LeftTask {
  readonly id: string;
  readonly reason: string;
}

export function left(reason: string): Left {
  return { kind: "left", reason };
}

export const BUSY: Left = {
  kind: "left",
  reason: "another process is at work on it just now",
  busy: true,
};

export type Taken =
  | { readonly kind: "held"; readonly task: HeldTask }
  /** Nobody has a task of that id. */
  | { readonly kind: "gone" }
  | Left;

export type Written =
  | { readonly kind: "written" }
  /** The same task was there already, as far on or further. */
  | { readonly kind: "there" }
  | Left;

/** A place where tasks are kept. */
export interface TaskStore {
  /** What people call it; never has a password in it. */
  readonly place: string;
  /** The place's sign that a move is under way or was cut short. */
  readonly mark: PlaceMark;
  /** The services that are alive on it. */
  live(): Promise<ServiceRecord[]>;
  /**
   * Finishes what crashes have left half done, and judges what is no valid task.
   *
   * @returns what lies there under a name that is no id, and is left
   */
  settle(): Promise<readonly LeftTask[]>;
  /** The ids of all tasks, the oldest first: pending ones keep their order at the other place. */
  ids(): Promise<string[]>;
  take(id: string): Promise<Taken>;
  /**
   * Writes a whole task. Durable when it resolves. A task of the same id that was there is replaced
   * only where it is the same one and less far on.
   */
  write(bundle: Bundle): Promise<Written>;
  /** Removes what only a move needs. Durable when it resolves. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** The sign at a place that a move is under way, or was cut short. */
export interface PlaceMark {
  /** Aborted, with an error for people as its reason, when this process's mark is lost. */
  readonly lost: AbortSignal;
  /** `undefined` when there is none. One whose process is gone may seem alive for a while. */
  find(): Promise<FoundMark | undefined>;
  /** The same once that is certain. */
  watch(): Promise<FoundMark | undefined>;
  /**
   * Sets it, in place of one whose move was cut short. Durable when it resolves.
   *
   * @param found what `find` or `watch` has just answered, not alive or nothing
   * @returns false where another move was faster
   */
  set(mark: MoveMark, found: FoundMark | undefined): Promise<boolean>;
  /** Lets go of it. With `remove` it is gone then; else its move counts as cut short. */
  release(options: { readonly remove: boolean }): Promise<void>;
}
