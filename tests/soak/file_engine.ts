/** The storm over files: nothing is hurt but the services. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { TASK_STATES, type TaskRecord, type TaskState } from "../../lib/task/record.ts";
import type { StartOptions } from "../support/scene.ts";
import {
  notificationKey,
  type Remains,
  type StormEngine,
  type Strikes,
  type Surroundings,
} from "./storm_engine.ts";

/** Opens the storm's part of the file engine. */
export async function openFileEngine(
  { scene, durability }: Surroundings,
): Promise<StormEngine> {
  const storage = await openStorage(
    { persistent_dir: scene.directory, durability },
    { service_id: "the-storm", pid: Deno.pid, host: "localhost" },
  );
  return new FileEngine(scene.directory, storage);
}

class FileEngine implements StormEngine {
  readonly address = "127.0.0.1";

  constructor(private readonly root: string, readonly storage: Storage) {}

  service(): StartOptions {
    return {};
  }

  handIn(id: string, record: Record<string, unknown>): Promise<void> {
    const temporary = join(this.root, "tmp", `${id}.mv`);
    Deno.writeTextFileSync(temporary, JSON.stringify(record));
    Deno.renameSync(temporary, join(this.root, "tasks", "pending", `${id}.json`));
    return Promise.resolve();
  }

  waiting(): Promise<number> {
    return Promise.resolve(this.#left("tasks/pending"));
  }

  isCalm(): Promise<boolean> {
    // Twice: one may go back while the other directory is read.
    const states = ["pending", "running", "pending"];
    return Promise.resolve(states.every((state) => this.#left(`tasks/${state}`) === 0));
  }

  notifications(): Promise<number> {
    return Promise.resolve(this.#notifications().length);
  }

  strike(): Promise<Strikes> {
    return Promise.resolve({});
  }

  remains(): Promise<Remains> {
    const ids = new Map(TASK_STATES.map((state) => [state, this.#ids(state)]));
    const notifications = new Map<string, number>();
    for (const key of this.#notifications()) {
      notifications.set(key, (notifications.get(key) ?? 0) + 1);
    }
    const services = this.#left("services");
    return Promise.resolve({
      ids,
      records: this.#records(ids),
      notifications,
      cancel_requests: this.#names("control/cancel"),
      set_aside: this.#left("rejected"),
      litter: services === 0 ? [] : [`${services} presence files are left`],
    });
  }

  keep(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.storage.close();
  }

  #ids(state: TaskState): Set<string> {
    const names = this.#names(`tasks/${state}`).filter((name) => name.endsWith(".json"));
    return new Set(names.map((name) => name.slice(0, -5)));
  }

  #records(ids: ReadonlyMap<TaskState, ReadonlySet<string>>): Map<string, TaskRecord> {
    const records = new Map<string, TaskRecord>();
    for (const state of ["completed", "failed"] as const) {
      for (const id of ids.get(state) ?? []) {
        const path = join(this.root, "tasks", state, `${id}.json`);
        records.set(id, JSON.parse(Deno.readTextFileSync(path)));
      }
    }
    return records;
  }

  /** The keys of all there are, unread and read: one that is in both places comes twice. */
  #notifications(): string[] {
    return this.#names("notifications").flatMap((conversation) =>
      [conversation, `${conversation}/read`]
        .flatMap((place) => this.#names(`notifications/${place}`))
        .filter((name) => name.endsWith(".json"))
        .map((name) => notificationKey(conversation, name.slice(0, -5)))
    );
  }

  #left(directory: string): number {
    return this.#names(directory).length;
  }

  #names(directory: string): string[] {
    const path = join(this.root, directory);
    return existsSync(path) ? [...Deno.readDirSync(path)].map(({ name }) => name) : [];
  }
}
