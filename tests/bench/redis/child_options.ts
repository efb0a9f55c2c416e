import { fromFileUrl } from "@std/path";

const LOCK = fromFileUrl(new URL("../../../lib/redis/deno.lock", import.meta.url));

/**
 * What Deno is told besides for a process whose tasks are in Redis: the lock file that has the packages
 * for it, and no more rights than the real service has for it.
 */
export const REDIS_OPTIONS: readonly string[] = [
  `--lock=${LOCK}`,
  "--allow-net=127.0.0.1",
  "--ignore-env",
];

/** Other tasks on the same server. @param queue_url without parameters */
export function withPrefix(queue_url: string, prefix: string): string {
  return `${queue_url}/?prefix=${prefix}`;
}
