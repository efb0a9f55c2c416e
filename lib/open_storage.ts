/** Puts the parts that keep things together: the one place that knows which engine is used. */
import type { Artifacts } from "./artifacts/artifacts.ts";
import { FileArtifacts } from "./artifacts/file_artifacts.ts";
import { type Config, ConfigError } from "./config.ts";
import { DenoDisk } from "./disk/deno_disk.ts";
import type { Disk } from "./disk/disk.ts";
import { Flusher } from "./disk/flusher.ts";
import { Layout } from "./disk/layout.ts";
import { SpareFiles } from "./disk/spare_files.ts";
import { prepareTree } from "./disk/prepare_tree.ts";
import { endOfTurn } from "./end_of_turn.ts";
import { FileJournals } from "./journal/file_journals.ts";
import type { Journals } from "./journal/journal.ts";
import { FileNotifications } from "./notifications/file_notifications.ts";
import type { Notifications, TaskNotifications } from "./notifications/notifications.ts";
import { FilePresence } from "./presence/file_presence.ts";
import type { Presence } from "./presence/presence.ts";
import { FileQueue } from "./queue/file/file_queue.ts";
import type { TaskQueue } from "./queue/task_queue.ts";
import { systemRuntime } from "./runtime.ts";
import type { Owner } from "./task/transitions.ts";
import { FileUpkeep } from "./upkeep/files/file_upkeep.ts";
import type { Upkeep } from "./upkeep/upkeep.ts";

export interface Storage {
  readonly queue: TaskQueue;
  readonly notifications: Notifications & TaskNotifications;
  readonly journals: Journals;
  readonly artifacts: Artifacts;
  readonly presence: Presence;
  readonly upkeep: Upkeep;
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
  close(): void;
}

/**
 * Opens the storage that a configuration names, making its directories.
 *
 * @param gather awaited before a journal's flush: what is written meanwhile shares it
 * @throws {StorageError} when the directory cannot be used, in one sentence for people
 * @throws {ConfigError} when a queue is asked for that this version does not have
 */
export async function openStorage(
  config: Pick<Config, "persistent_dir" | "durability"> & Partial<Pick<Config, "queue_url">>,
  owner: Owner,
  disk: Disk = new DenoDisk(),
  gather = endOfTurn,
): Promise<Storage> {
  if (config.queue_url !== undefined) {
    throw new ConfigError(
      "QUEUE_URL: this version keeps its queue in files only; unset it, and name the directory " +
        "with PERSISTENT_DIR",
    );
  }
  const layout = new Layout(config.persistent_dir);
  const flusher = new Flusher(disk, config.durability);
  await prepareTree(disk, layout, systemRuntime.now(), flusher);
  const spares = new SpareFiles({ ...systemRuntime, disk, layout }, config);
  const notifications = new FileNotifications({
    disk,
    flusher,
    layout,
    every: systemRuntime.every,
  });
  const { now } = systemRuntime;
  const journals = new FileJournals({ disk, flusher, layout, now, gather });
  const artifacts = new FileArtifacts({ disk, flusher, layout });
  const queue = new FileQueue({
    ...systemRuntime,
    disk,
    flusher,
    layout,
    spares,
    notifications,
    journals,
    artifacts,
    owner,
  });
  return {
    queue,
    notifications,
    journals,
    artifacts,
    presence: new FilePresence({ disk, flusher, layout }),
    upkeep: new FileUpkeep({ disk, layout, durability: config.durability }),
    disk,
    flusher,
    layout,
    close: () => queue.close(),
  };
}
