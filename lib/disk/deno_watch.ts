/**
 * A watch that survives what `Deno.watchFs` does not: a watched directory that is removed and made
 * again (the old watch is silent for ever) and a watch that cannot be set up (the limit of watches
 * is used up). Both end in `rescan` events, so that the caller reads the directory instead.
 */
import { getLogger } from "@logtape/logtape";
import type { Watch, WatchEvent, WatchOptions } from "./disk.ts";
import { onEachCheck } from "./watch_checks.ts";
import { WatcherFreer } from "./watcher_freer.ts";

const log = getLogger(["bts", "disk"]);

/** Every so many checks a watcher that hangs is freed: that reads the whole directory. */
const FREE_EVERY = 10;

/**
 * @param path an existing directory, or one that may come into being
 * @param identityOf what tells the present directory from an earlier one of its name, `undefined`
 * while it is not there
 * @param onEvent gets full paths as names
 */
export function watchDirectory(
  path: string,
  identityOf: () => string | undefined,
  onEvent: (event: WatchEvent) => void,
  { ours = false }: WatchOptions = {},
): Watch {
  let watcher: Deno.FsWatcher | undefined;
  let watched: string | undefined;
  let complained = false;
  let closed = false;

  const report = (event: WatchEvent) => {
    if (!closed) onEvent(event);
  };

  const follow = async (current: Deno.FsWatcher) => {
    try {
      for await (const { paths, flag } of current) {
        report({ names: paths, rescan: flag === "rescan" });
      }
    } catch (error) {
      log.warning`the watch on ${path} ended and is renewed: ${error}`;
    }
    // A watch that ended by itself is silent for ever: the next check sets up another one.
    if (watcher === current) watcher = undefined;
  };

  const setUp = () => {
    const identity = identityOf();
    if (identity === undefined) return;
    try {
      watcher = Deno.watchFs(path, { recursive: false });
      watched = identity;
      if (complained) log.info`watching ${path} again`;
      complained = false;
      void follow(watcher);
    } catch (error) {
      // Out of watches: the caller still works, at the pace of the checks below.
      if (!complained) log.warning`cannot watch ${path}, reading it now and then instead: ${error}`;
      complained = true;
    }
  };

  const freer = ours ? undefined : new WatcherFreer(path);
  let checks = 0;
  const check = () => {
    if (++checks % FREE_EVERY === 0) freer?.free();
    if (watcher !== undefined && identityOf() === watched) return;
    // Not both at once: the end of the old watch comes a while after its close, goes by the path
    // and would take the new one along.
    if (watcher === undefined) setUp();
    else {
      tryClose(watcher);
      watcher = undefined;
    }
    report({ names: [], rescan: true });
  };

  setUp();
  const checking = onEachCheck(check);
  return {
    close() {
      closed = true;
      checking.cancel();
      freer?.free();
      tryClose(watcher);
      watcher = undefined;
      freer?.close();
    },
  };
}

function tryClose(watcher: Deno.FsWatcher | undefined): void {
  try {
    watcher?.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
