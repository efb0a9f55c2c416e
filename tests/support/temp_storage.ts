import { openStorage, type Storage } from "../../lib/open_storage.ts";

/** An open storage in a directory of its own, which is removed at the end. */
export async function withStorage(
  test: (storage: Storage, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const owner = { service_id: "test", pid: Deno.pid, host: "localhost" };
  const storage = await openStorage({ persistent_dir: dir, durability: "relaxed" }, owner);
  try {
    await test(storage, dir);
  } finally {
    storage.close();
    await Deno.remove(dir, { recursive: true });
  }
}
