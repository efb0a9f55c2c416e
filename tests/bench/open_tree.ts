import { openStorage, type Storage } from "../../lib/open_storage.ts";

export interface TreeOptions {
  readonly durability?: "relaxed" | "full";
  /** Of the process, where several have tasks of one tree. */
  readonly service_id?: string;
  /** The Redis that its tasks are in, if they are not in files. */
  readonly queue_url?: string | undefined;
}

/** Opens a tree for a process of the bench, making its directories. */
export function openTree(persistent_dir: string, options: TreeOptions = {}): Promise<Storage> {
  const { durability = "relaxed", service_id = "bench", queue_url } = options;
  const owner = { service_id, pid: Deno.pid, host: "bench" };
  return openStorage({ persistent_dir, durability, queue_url }, owner);
}
