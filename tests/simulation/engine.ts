/** The modules of the file engine: those of lib/, or of a copy that was broken on purpose. */
import type { FileArtifacts } from "../../lib/artifacts/file_artifacts.ts";
import type { NotARegularFile } from "../../lib/disk/disk.ts";
import type { Flusher } from "../../lib/disk/flusher.ts";
import type { Layout } from "../../lib/disk/layout.ts";
import type { SpareFiles } from "../../lib/disk/spare_files.ts";
import type { prepareTree } from "../../lib/disk/prepare_tree.ts";
import type { FileJournals } from "../../lib/journal/file_journals.ts";
import type { FileNotifications } from "../../lib/notifications/file_notifications.ts";
import type { FilePresence } from "../../lib/presence/file_presence.ts";
import type { FileQueue } from "../../lib/queue/file/file_queue.ts";
import type { Dispatcher } from "../../lib/service/dispatcher.ts";
import type { recoverContinuously } from "../../lib/service/recoverer.ts";
import type { runTask } from "../../lib/service/runner.ts";

export interface Engine {
  readonly NotARegularFile: typeof NotARegularFile;
  readonly Flusher: typeof Flusher;
  readonly Layout: typeof Layout;
  readonly SpareFiles: typeof SpareFiles;
  readonly prepareTree: typeof prepareTree;
  readonly FileArtifacts: typeof FileArtifacts;
  readonly FileJournals: typeof FileJournals;
  readonly FileNotifications: typeof FileNotifications;
  readonly FilePresence: typeof FilePresence;
  readonly FileQueue: typeof FileQueue;
  readonly Dispatcher: typeof Dispatcher;
  readonly recoverContinuously: typeof recoverContinuously;
  readonly runTask: typeof runTask;
}

const MODULES = [
  "artifacts/file_artifacts.ts",
  "disk/disk.ts",
  "disk/flusher.ts",
  "disk/layout.ts",
  "disk/prepare_tree.ts",
  "disk/spare_files.ts",
  "journal/file_journals.ts",
  "notifications/file_notifications.ts",
  "presence/file_presence.ts",
  "queue/file/file_queue.ts",
  "service/dispatcher.ts",
  "service/recoverer.ts",
  "service/runner.ts",
];

/** @param lib where lib/ lies, ending in a slash */
export async function loadEngine(
  lib: URL = new URL("../../lib/", import.meta.url),
): Promise<Engine> {
  const modules = await Promise.all(MODULES.map((path) => import(new URL(path, lib).href)));
  return Object.assign({}, ...modules);
}
