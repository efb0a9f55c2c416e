import { endOfTurn } from "../../lib/end_of_turn.ts";
import { type Storage } from "../../lib/open_storage.ts";
import { FileArtifacts } from "../../lib/artifacts/file_artifacts.ts";
import type { Disk } from "../../lib/disk/disk.ts";
import { DenoDisk } from "../../lib/disk/deno_disk.ts";
import { Flusher } from "../../lib/disk/flusher.ts";
import { Layout } from "../../lib/disk/layout.ts";
import { SpareFiles, type SpareFilesOptions } from "../../lib/disk/spare_files.ts";
import { prepareTree } from "../../lib/disk/prepare_tree.ts";
import { FileJournals } from "../../lib/journal/file_journals.ts";
import { FileNotifications } from "../../lib/notifications/file_notifications.ts";
import { FilePresence } from "../../lib/presence/file_presence.ts";
import { FileQueue } from "../../lib/queue/file/file_queue.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { sleep } from "../../lib/sleep.ts";
import { FileUpkeep } from "../../lib/upkeep/files/file_upkeep.ts";

/** What a test may put in place of the real thing. */
export interface StorageOptions {
  readonly disk?: Disk;
  readonly durability?: "full" | "relaxed";
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly sleep?: typeof sleep;
  readonly service_id?: string;
  /** When files are written again. Default: as in the programs. */
  readonly spares?: SpareFilesOptions;
}

/** A storage like `openStorage` opens it, with a disk and a clock of the test's own. */
export async function openTestStorage(
  root: string,
  options: StorageOptions = {},
): Promise<Storage> {
  const { disk = new DenoDisk(), durability = "relaxed", now = Date.now } = options;
  const layout = new Layout(root);
  const flusher = new Flusher(disk, durability);
  await prepareTree(disk, layout, now(), flusher);
  const spares = new SpareFiles({ ...systemRuntime, disk, layout }, {
    durability,
    ...options.spares,
  });
  const notifications = new FileNotifications({
    disk,
    flusher,
    layout,
    every: systemRuntime.every,
  });
  const owner = { service_id: options.service_id ?? "service-a", pid: Deno.pid, host: "here" };
  const wait = options.sleep ?? sleep;
  const journals = new FileJournals({ disk, flusher, layout, now, gather: endOfTurn });
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
    now,
    sleep: wait,
  });
  return {
    queue,
    notifications,
    journals,
    artifacts,
    presence: new FilePresence({ disk, flusher, layout }),
    upkeep: new FileUpkeep({ disk, layout, durability }),
    disk,
    flusher,
    layout,
    hurry: () => {},
    close: () => Promise.resolve(queue.close()),
  };
}

/** A fresh directory that is removed at the end of the scope. */
export class TempDir implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<TempDir> {
    return new TempDir(await Deno.makeTempDir({ prefix: "bts-test-" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
