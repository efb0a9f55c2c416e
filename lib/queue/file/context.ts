/** What every part of the file engine works with. */
import type { Disk } from "../../disk/disk.ts";
import type { Flusher } from "../../disk/flusher.ts";
import type { Layout } from "../../disk/layout.ts";
import type { Notifications } from "../../notifications/notifications.ts";
import type { Runtime } from "../../runtime.ts";
import type { Owner } from "../../task/transitions.ts";
import type { Complaints } from "./complaints.ts";

export interface EngineContext extends Runtime {
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
  readonly notifications: Notifications;
  readonly owner: Owner;
  readonly complaints: Complaints;
}
