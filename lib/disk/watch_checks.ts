import type { Timer } from "../runtime.ts";

/** How often a watched directory is compared with the one that is there, in milliseconds. */
const CHECK_INTERVAL_MS = 2_000;

const checks = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Calls back every two seconds, together with all others that want it: an idle program is woken
 * once for all of its watches. Keeps no program alive.
 */
export function onEachCheck(check: () => void): Timer {
  checks.add(check);
  if (timer === undefined) {
    timer = setInterval(checkAll, CHECK_INTERVAL_MS);
    Deno.unrefTimer(timer);
  }
  return {
    cancel() {
      checks.delete(check);
      if (checks.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

function checkAll(): void {
  for (const check of checks) check();
}
