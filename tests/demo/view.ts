/** How the demo sees what its processes do: by what they share, files or a Redis. */
import type { JournalEntry } from "../../lib/task/journal_entry.ts";
import type { TaskState } from "../../lib/task/record.ts";

/** Something that was seen. */
export interface Sighting {
  /** How anybody can see it: a command line, or where it is shown. */
  readonly how: string;
  readonly record: Record<string, unknown>;
}

/** The conversation of the whole demo. */
export const CONVERSATION = "demo";

export interface View {
  readonly words: Words;
  /** What the programs are started with, to share it. */
  readonly env: Readonly<Record<string, string>>;
  /** A dead service's task goes on within this time, in seconds. */
  readonly recovery_seconds: number;
  /** The `persistent/` of one of the programs. */
  directory(program: "main" | "background"): string;
  /** The id of the only task in a state. */
  only(state: TaskState): Promise<string | undefined>;
  /** A task, where it is in that state. */
  task(state: TaskState, id: string): Promise<Sighting | undefined>;
  /** What a task's journal holds by now. */
  journal(id: string): Promise<JournalEntry[]>;
  /** The notification of a completed task of the demo's conversation, shown or not. */
  notification(task_id: string): Promise<Sighting | undefined>;
  /** Whether it was shown. */
  isShown(task_id: string): Promise<boolean>;
  /** Removes what it has made. */
  close(): Promise<void>;
}

/** How it is said. */
export interface Words {
  /** What the two processes share. */
  readonly shared: string;
  /** What main does, what the service does twice, and what main does at last. */
  readonly asked: string;
  readonly taken: string;
  readonly completed: string;
  readonly shown: string;
  /** Where a killed service's task is, and why another one gets it. */
  readonly left: readonly [string, string];
}
