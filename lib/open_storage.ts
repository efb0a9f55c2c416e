/** Puts the parts that keep things together: the one place that knows which engine is used. */
import { FileArtifacts } from "./artifacts/file_artifacts.ts";
import { DenoDisk } from "./disk/deno_disk.ts";
import { Flusher } from "./disk/flusher.ts";
import { Layout } from "./disk/layout.ts";
import { SpareFiles } from "./disk/spare_files.ts";
import { prepareTree } from "./disk/prepare_tree.ts";
import { endOfTurn } from "./end_of_turn.ts";
import { FileJournals } from "./journal/file_journals.ts";
import { FileNotifications } from "./notifications/file_notifications.ts";
import { FilePresence } from "./presence/file_presence.ts";
import { FileQueue } from "./queue/file/file_queue.ts";
import { loadRedisModule } from "./redis/load_module.ts";
import { systemRuntime } from "./runtime.ts";
import type {
  LocalFiles,
  OpenRedisStorage,
  Storage,
  StorageConfig,
  StorageOptions,
} from "./storage.ts";
import type { Owner } from "./task/transitions.ts";
import { FileUpkeep } from "./upkeep/files/file_upkeep.ts";

export type { Storage };

interface RedisEngine {
  readonly openRedisStorage: OpenRedisStorage;
}

/**
 * Opens the storage that a configuration names, making its directories.
 *
 * @throws {StorageError} when the directory cannot be used, in one sentence for people
 * @throws {ConfigError} when QUEUE_URL, or what its user may do, is wrong
 * @throws {StorageProblem} when the server cannot be reached
 */
export async function openStorage(
  config: StorageConfig,
  owner: Owner,
  options: StorageOptions = {},
): Promise<Storage> {
  const { disk = new DenoDisk() } = options;
  const layout = new Layout(config.persistent_dir);
  const flusher = new Flusher(disk, config.durability);
  const local = { disk, flusher, layout };
  const { queue_url } = config;
  const directories = queue_url === undefined ? layout.directories() : layout.localDirectories();
  await prepareTree(disk, layout, systemRuntime.now(), flusher, directories);
  if (queue_url === undefined) return openFiles(config, owner, local, options.gather ?? endOfTurn);
  const engine = new URL("./open_redis_storage.ts", import.meta.url);
  const { openRedisStorage } = await loadRedisModule<RedisEngine>(engine);
  return await openRedisStorage({ ...config, queue_url }, owner, local, options);
}

function openFiles(
  config: StorageConfig,
  owner: Owner,
  local: LocalFiles,
  gather: () => Promise<void>,
): Storage {
  const { disk, layout } = local;
  const spares = new SpareFiles({ ...systemRuntime, disk, layout }, config);
  const notifications = new FileNotifications({ ...local, every: systemRuntime.every });
  const journals = new FileJournals({ ...local, now: systemRuntime.now, gather });
  const artifacts = new FileArtifacts(local);
  const queue = new FileQueue({
    ...systemRuntime,
    ...local,
    spares,
    notifications,
    journals,
    artifacts,
    owner,
  });
  return {
    ...local,
    queue,
    notifications,
    journals,
    artifacts,
    presence: new FilePresence(local),
    upkeep: new FileUpkeep({ ...local, durability: config.durability }),
    hurry: () => {},
    close: () => Promise.resolve(queue.close()),
  };
}
