/** What every part of the file engine works with. */
import type { Disk } from "../../disk/disk.ts";
import type { Flusher } from "../../disk/flusher.ts";
import type { Layout } from "../../disk/layout.ts";
import type { SpareFiles } from "../../disk/spare_files.ts";
import type { Notifications, TaskNotifications } from "../../notifications/notifications.ts";
import type { Runtime } from "../../runtime.ts";
import type { Owner } from "../../task/transitions.ts";
import type { Complaints } from "../complaints.ts";

/** What is kept of tasks beside their records, as far as the queue has to do with it. */
export interface Belongings {
  /** Removes all that a task has here. Durable when it resolves. */
  remove(task_id: string): Promise<void>;
}

export interface EngineContext extends Runtime {
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
  /** Files that may be written again. Without it every version is a new one. */
  readonly spares?: SpareFiles | undefined;
  readonly notifications: Notifications & TaskNotifications;
  readonly journals: Belongings;
  readonly artifacts: Belongings;
  readonly owner: Owner;
  readonly complaints: Complaints;
}
