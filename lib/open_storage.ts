/** Puts the parts that keep things together: the one place that knows which engine is used. */
import { FileArtifacts } from "./artifacts/file_artifacts.ts";
import { ConfigError } from "./config_error.ts";
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
import { systemRuntime } from "./runtime.ts";
import type {
  LocalFiles,
  OpenRedisStorage,
  Storage,
  StorageConfig,
  StorageOptions,
} from "./storage.ts";
import type { Owner } from "./task/transitions.ts";

export type { Storage };

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
  const { openRedisStorage } = await loadRedisEngine();
  return await openRedisStorage({ ...config, queue_url }, owner, local, options);
}

// Computed, so that nothing that follows imports finds it: whoever uses files never downloads it.
async function loadRedisEngine(): Promise<{ readonly openRedisStorage: OpenRedisStorage }> {
  try {
    return await import(new URL("./redis/open_redis_storage.ts", import.meta.url).href);
  } catch (cause) {
    throw notLoaded(cause);
  }
}

function notLoaded(cause: unknown): ConfigError {
  if (Deno.build.standalone) {
    return new ConfigError(
      "QUEUE_URL: this binary was made without what Redis needs; make one that has it with " +
        "`deno task compile --redis`, or start the program with deno",
      { cause },
    );
  }
  const [why = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  return new ConfigError(
    `QUEUE_URL: what Redis needs could not be loaded: ${why}; Deno downloads it from the npm ` +
      "registry at the first start with QUEUE_URL, so connect once",
    { cause },
  );
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
    hurry: () => {},
    close: () => Promise.resolve(queue.close()),
  };
}
