/** A process of the simulated machine: its disk, its clock, its parts of the engine, its death. */
import type { FileArtifacts } from "../../lib/artifacts/file_artifacts.ts";
import type { FileJournals } from "../../lib/journal/file_journals.ts";
import type { FileNotifications } from "../../lib/notifications/file_notifications.ts";
import type { FilePresence } from "../../lib/presence/file_presence.ts";
import type { FileQueue } from "../../lib/queue/file/file_queue.ts";
import type { Flusher } from "../../lib/disk/flusher.ts";
import type { Layout } from "../../lib/disk/layout.ts";
import type { Runtime, Timer } from "../../lib/runtime.ts";
import type { Engine } from "./engine.ts";
import type { Random } from "./random.ts";
import type { Owner } from "./scheduler.ts";
import { type Machine, SimulatedDisk } from "./simulated_disk.ts";

/** Where the tree lies on every simulated machine. */
export const ROOT = "/p";

export class SimulatedProcess implements Owner {
  alive = true;
  /** False while it plays a program that knows nothing of our rules. */
  keepsRules = true;
  readonly disk: SimulatedDisk;
  readonly runtime: Runtime;
  readonly layout: Layout;
  readonly flusher: Flusher;
  readonly notifications: FileNotifications;
  readonly journals: FileJournals;
  readonly artifacts: FileArtifacts;
  readonly presence: FilePresence;
  readonly queue: FileQueue;

  constructor(
    readonly name: string,
    readonly machine: Machine,
    readonly engine: Engine,
    readonly random: Random,
    durability: "full" | "relaxed",
  ) {
    this.disk = new SimulatedDisk(machine, this);
    this.runtime = this.#makeRuntime();
    const { disk, runtime } = this;
    this.layout = new engine.Layout(ROOT, runtime.token);
    this.flusher = new engine.Flusher(disk, durability);
    const { layout, flusher } = this;
    const { every, now } = runtime;
    // At once and all of them: in reality a reader has time, and most are left alone.
    const soon = { durability, min_age_ms: 0, depth: 0 };
    const spares = new engine.SpareFiles({ ...runtime, disk, layout }, soon);
    this.notifications = new engine.FileNotifications({ disk, flusher, layout, every });
    this.journals = new engine.FileJournals({ disk, flusher, layout, now });
    this.presence = new engine.FilePresence({ disk, flusher, layout });
    this.artifacts = new engine.FileArtifacts({ disk, flusher, layout });
    const { notifications, journals, artifacts } = this;
    const owner = { service_id: name, pid: 1, host: "simulated" };
    const kept = { spares, notifications, journals, artifacts };
    this.queue = new engine.FileQueue({ ...runtime, disk, flusher, layout, ...kept, owner });
  }

  /** kill -9: nothing of it runs any more, its files are closed, its locks are free. */
  kill(): void {
    this.alive = false;
    this.disk.release();
  }

  #makeRuntime(): Runtime {
    const { scheduler, now } = this.machine;
    let made = 0;
    const after = (milliseconds: number, callback: () => void): Timer =>
      scheduler.after(this, milliseconds, callback);
    return {
      now,
      elapsed: () => scheduler.now,
      after,
      every: (milliseconds, callback) => {
        let timer = after(milliseconds, again);
        function again() {
          timer = after(milliseconds, again);
          callback();
        }
        return { cancel: () => timer.cancel() };
      },
      sleep: (milliseconds, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const done = () => {
            timer.cancel();
            signal?.removeEventListener("abort", done);
            resolve();
          };
          const timer = after(milliseconds, done);
          signal?.addEventListener("abort", done);
        }),
      newId: () => `N${this.name}-${++made}`,
      token: () => `${this.name}-${++made}`,
    };
  }
}
