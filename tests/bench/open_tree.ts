import { openStorage, type Storage } from "../../lib/open_storage.ts";

/**
 * Opens a tree for a process of the bench, making its directories.
 *
 * @param service_id of the process, where several have tasks of one tree
 */
export function openTree(
  persistent_dir: string,
  durability: "relaxed" | "full" = "relaxed",
  service_id = "bench",
): Promise<Storage> {
  const owner = { service_id, pid: Deno.pid, host: "bench" };
  return openStorage({ persistent_dir, durability }, owner);
}
