import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { RedisServer, testWithRedis } from "./redis_server.ts";

type WithStorage = (test: (storage: Storage, dir: string) => Promise<void>) => Promise<void>;

/** An open storage in a directory of its own, which is removed at the end. */
export const withStorage: WithStorage = (test) => withStorageAt(undefined, test);

/**
 * Declares a test for each engine.
 *
 * @param body is given `withStorage` of that engine
 */
export function testOnEachStorage(
  name: string,
  body: (withStorage: WithStorage) => Promise<void>,
): void {
  Deno.test(`${name} (files)`, () => body(withStorage));
  testWithRedis(`${name} (Redis)`, async () => {
    await using server = await RedisServer.start({ durable: false });
    await body((test) => withStorageAt(server.url, test));
  });
}

/** @param queue_url files where it is absent */
export async function withStorageAt(
  queue_url: string | undefined,
  test: (storage: Storage, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const owner = { service_id: "test", pid: Deno.pid, host: "localhost" };
  const config = { persistent_dir: dir, durability: "relaxed", queue_url } as const;
  const storage = await openStorage(config, owner);
  try {
    await test(storage, dir);
  } finally {
    await storage.close();
    await Deno.remove(dir, { recursive: true });
  }
}
