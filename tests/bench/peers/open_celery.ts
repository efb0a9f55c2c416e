import { fromFileUrl, join } from "@std/path";
import { HelperProcess } from "./helper_process.ts";
import { type FreshQueue, MeasuredPeer } from "./measured_peer.ts";
import { PAYLOAD } from "./payload.ts";
import type { Peer } from "./peer.ts";

/** Debian's own: its packages are not seen by any other. */
export const PYTHON = "/usr/bin/python3";

const SCRIPTS = fromFileUrl(new URL("celery/", import.meta.url));

const REMARKS = [
  "Celery's worker looks for messages once a second when there were none, which is its default.",
  "Celery's producer hands jobs in one after the other, also where others have 32 in flight.",
  "Celery is measured with 2,000 jobs and 20 pick-ups at most, which favours it: it gets slower " +
  "with each job that waits.",
  "Celery's files are not flushed, and a message that is read while it is being written is lost.",
];

/** Celery with messages, results and notifications in files, and no server. */
export function openCelery(root: string, running: AsyncDisposableStack): Peer {
  let kept: Promise<FreshQueue> | undefined;
  return new MeasuredPeer({
    name: "Celery, files",
    durability: "relaxed",
    remarks: REMARKS,
    running,
    warmUp: 0,
    // Each sample takes a second.
    most: { jobs: 2_000, samples: 20 },
    looksEvery: 1_000,
    fresh: () => queueIn(root),
    kept: () => kept ??= queueIn(root),
  });
}

async function queueIn(root: string): Promise<FreshQueue> {
  const directory = await Deno.makeTempDir({ dir: root, prefix: "celery-" });
  for (const name of ["queue", "processed", "results", "notifications"]) {
    await Deno.mkdir(join(directory, name));
  }
  const env = {
    BENCH_DIRECTORY: directory,
    BENCH_PAYLOAD: JSON.stringify(PAYLOAD),
    PYTHONPATH: SCRIPTS,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const start = (script: string) => new HelperProcess([PYTHON, join(SCRIPTS, script)], env);
  return {
    producer: () => start("celery_producer.py"),
    worker: () => start("celery_worker.py"),
    // Nothing runs beside the two, and the files are deleted with all others.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
