/** What the programs keep things with, whichever engine it is. */
import type { Artifacts } from "./artifacts/artifacts.ts";
import type { Config } from "./config.ts";
import type { Disk } from "./disk/disk.ts";
import type { Flusher } from "./disk/flusher.ts";
import type { Layout } from "./disk/layout.ts";
import type { Journals } from "./journal/journal.ts";
import type { Notifications, TaskNotifications } from "./notifications/notifications.ts";
import type { Presence } from "./presence/presence.ts";
import type { TaskQueue } from "./queue/task_queue.ts";
import type { Owner } from "./task/transitions.ts";
import type { Upkeep } from "./upkeep/upkeep.ts";

/** This machine's own files: what conversations said is in them wherever tasks are kept. */
export interface LocalFiles {
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
}

/** Everything that keeps something. */
export interface Storage extends LocalFiles {
  readonly queue: TaskQueue;
  readonly notifications: Notifications & TaskNotifications;
  readonly journals: Journals;
  readonly artifacts: Artifacts;
  readonly presence: Presence;
  readonly upkeep: Upkeep;
  /** From now on nothing is waited for that is not there: the program is about to end. */
  hurry(): void;
  /**
   * Ends watches, timers and connections, and puts back what was fetched and not claimed; resolves
   * when nothing of them is left.
   */
  close(): Promise<void>;
}

/** What is needed of a configuration to open its storage. */
export type StorageConfig =
  & Pick<Config, "persistent_dir" | "durability">
  & Partial<Pick<Config, "queue_url">>;

export interface StorageOptions {
  readonly disk?: Disk;
  /** Awaited before a journal's flush: what is written meanwhile shares it. */
  readonly gather?: () => Promise<void>;
  /**
   * A service: it waits for a server that is not there as long as it takes, at first and later; others
   * give up after some seconds. Once this is aborted the waiting at first ends: it rejects.
   */
  readonly waits?: AbortSignal;
}

/** The engine that is loaded only when it is asked for. */
export type OpenRedisStorage = (
  config: StorageConfig & { readonly queue_url: string },
  owner: Owner,
  local: LocalFiles,
  options: StorageOptions,
) => Promise<Storage>;
