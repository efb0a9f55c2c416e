import { openStorage, type Storage } from "../../lib/open_storage.ts";

/**
 * Opens a tree for a process of the bench, making its directories.
 *
 * @param service_id of the process, where several have tasks of one tree
 * @param queue_url where its tasks are, if not in it
 */
export function openTree(
  persistent_dir: string,
  durability: "relaxed" | "full" = "relaxed",
  service_id = "bench",
  queue_url?: string,
): Promise<Storage> {
  const owner = { service_id, pid: Deno.pid, host: "bench" };
  return openStorage({ persistent_dir, durability, queue_url }, owner);
}
