/**
 * A watch that survives what `Deno.watchFs` does not: a watched directory that is removed and made
 * again (the old watch is silent for ever) and a watch that cannot be set up (the limit of watches
 * is used up). Both end in `rescan` events, so that the caller reads the directory instead.
 */
import { getLogger } from "@logtape/logtape";
import type { Watch, WatchEvent } from "./disk.ts";

const log = getLogger(["bts", "disk"]);

/** How often the directory is compared with the one that is watched, in milliseconds. */
const CHECK_INTERVAL_MS = 2_000;

/**
 * @param path an existing directory, or one that may come into being
 * @param inodeOf the directory's present inode, `undefined` while it is not there
 * @param onEvent gets full paths as names
 */
export function watchDirectory(
  path: string,
  inodeOf: () => number | undefined,
  onEvent: (event: WatchEvent) => void,
): Watch {
  let watcher: Deno.FsWatcher | undefined;
  let watched: number | undefined;
  let complained = false;

  const setUp = () => {
    const inode = inodeOf();
    if (inode === undefined) return;
    try {
      watcher = Deno.watchFs(path, { recursive: false });
      watched = inode;
      if (complained) log.info`watching ${path} again`;
      complained = false;
      void pump(watcher, onEvent);
    } catch (error) {
      // Out of watches: the caller still works, at the pace of the checks below.
      if (!complained) log.warning`cannot watch ${path}, reading it now and then instead: ${error}`;
      complained = true;
    }
  };

  const check = () => {
    if (watcher !== undefined && inodeOf() === watched) return;
    tryClose(watcher);
    watcher = undefined;
    setUp();
    onEvent({ names: [], rescan: true });
  };

  setUp();
  const timer = setInterval(check, CHECK_INTERVAL_MS);
  Deno.unrefTimer(timer);
  return {
    close() {
      clearInterval(timer);
      tryClose(watcher);
      watcher = undefined;
    },
  };
}

async function pump(watcher: Deno.FsWatcher, onEvent: (event: WatchEvent) => void): Promise<void> {
  try {
    for await (const event of watcher) {
      onEvent({ names: event.paths, rescan: event.flag === "rescan" });
    }
  } catch (error) {
    log.warning`a watch ended: ${error}`;
    onEvent({ names: [], rescan: true });
  }
}

function tryClose(watcher: Deno.FsWatcher | undefined): void {
  try {
    watcher?.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
