import { FileArtifacts } from "../artifacts/file_artifacts.ts";
import { DenoDisk } from "../disk/deno_disk.ts";
import type { Disk } from "../disk/disk.ts";
import { Flusher } from "../disk/flusher.ts";
import { Layout } from "../disk/layout.ts";
import { FileJournals } from "../journal/file_journals.ts";
import { FileNotifications } from "../notifications/file_notifications.ts";
import { Complaints } from "../queue/complaints.ts";
import type { EngineContext } from "../queue/file/context.ts";
import { systemRuntime } from "../runtime.ts";

/** A directory of tasks with all that is needed to work in it. */
export interface FilePlace extends EngineContext {
  readonly journals: FileJournals;
  readonly artifacts: FileArtifacts;
}

/** @param root the absolute path of a directory whose tree is there */
export function filePlace(
  root: string,
  durability: "full" | "relaxed",
  disk: Disk = new DenoDisk(),
): FilePlace {
  const layout = new Layout(root);
  const flusher = new Flusher(disk, durability);
  const parts = { ...systemRuntime, disk, flusher, layout };
  return {
    ...parts,
    notifications: new FileNotifications(parts),
    journals: new FileJournals(parts),
    artifacts: new FileArtifacts(parts),
    complaints: new Complaints(),
    owner: { service_id: `move-${parts.newId()}`, pid: Deno.pid, host: "localhost" },
  };
}
