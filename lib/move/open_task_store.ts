/** Where tasks are moved from or to, by what was typed: a directory, or the URL of a Redis server. */
import { resolve } from "@std/path";
import { ConfigError, FlagError } from "../config_error.ts";
import { prepareTree } from "../disk/prepare_tree.ts";
import { loadRedisModule } from "../redis/load_module.ts";
import { parseRedisUrl, type RedisTarget } from "../redis/redis_url.ts";
import { filePlace } from "./file_place.ts";
import { FileTaskStore } from "./file_task_store.ts";
import type { TaskStore } from "./task_store.ts";

/** `redis_task_store.ts`, as far as it is asked for here. */
interface RedisStoreModule {
  readonly openRedisTaskStore: (target: RedisTarget) => Promise<TaskStore>;
}

export interface OpenOptions {
  /** The flag by which it was given, for messages. */
  readonly flag: string;
  /** What a relative directory starts from. */
  readonly base_dir: string;
  readonly durability: "full" | "relaxed";
  /** Whether a directory that is not there is made. */
  readonly make: boolean;
}

/** Redis' with too few slashes too: taken for a directory, its password would be printed. */
const URL_SIGN = /^(rediss?:|[a-z][a-z0-9+.-]*:\/\/)/i;

/**
 * Opens a place. The packages that Redis needs are loaded only where one is named.
 *
 * @throws {FlagError} when the text names no place that can be meant
 */
export async function openTaskStore(text: string, options: OpenOptions): Promise<TaskStore> {
  if (!URL_SIGN.test(text)) return await openDirectory(text, options);
  const target = targetOf(text, options.flag);
  const module = new URL("./redis_task_store.ts", import.meta.url);
  const { openRedisTaskStore } = await loadRedisModule<RedisStoreModule>(module, options.flag);
  return await openRedisTaskStore(target);
}

function targetOf(text: string, flag: string) {
  try {
    return parseRedisUrl(text, flag);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new FlagError(cause.message, { cause });
  }
}

async function openDirectory(text: string, options: OpenOptions): Promise<TaskStore> {
  const { flag, base_dir, durability, make } = options;
  const path = resolve(base_dir, text);
  if (!make) assertTree(path, flag);
  const place = filePlace(path, durability);
  await prepareTree(place.disk, place.layout, place.now(), place.flusher);
  return new FileTaskStore(place);
}

// A typing error would else become a new empty directory, and a move that finds nothing to do.
function assertTree(path: string, flag: string): void {
  try {
    if (Deno.statSync(`${path}/tasks`).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
  }
  throw new FlagError(
    `${flag}: expected a directory of tasks or redis://…, but there is no directory "tasks" in ` +
      `"${path}"`,
  );
}
