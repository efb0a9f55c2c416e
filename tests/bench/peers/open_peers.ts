import { openBullmq } from "./open_bullmq.ts";
import { openCelery, PYTHON } from "./open_celery.ts";
import { openGraphile } from "./open_graphile.ts";
import { PostgresCluster } from "./postgres_cluster.ts";
import { isInstalled } from "./is_installed.ts";
import type { Peer, Peers, PeersOptions } from "./peer.ts";

/** One kind of queue, or why it cannot be measured. */
type Opened = readonly Peer[] | { readonly skipped: string };

const OPENERS: readonly ((root: string, running: AsyncDisposableStack) => Promise<Opened>)[] = [
  bullmq,
  graphile,
  celery,
];

/** Finds out which of the other queues can be measured on this machine, and prepares them. */
export async function openPeers({ root, progress }: PeersOptions): Promise<Peers> {
  progress("looking for other queues");
  const running = new AsyncDisposableStack();
  const opened = await Promise.all(OPENERS.map((open) => open(root, running)));
  return {
    peers: opened.flatMap((each) => "skipped" in each ? [] : each),
    skipped: opened.flatMap((each) => "skipped" in each ? [each.skipped] : []),
    close: () => running.disposeAsync(),
  };
}

async function bullmq(root: string, running: AsyncDisposableStack): Promise<Opened> {
  if (!await isInstalled("redis-server", "--version")) {
    return skipped("BullMQ", "redis-server", "redis-server");
  }
  return [openBullmq(root, running, "everysec"), openBullmq(root, running, "always")];
}

async function graphile(root: string, running: AsyncDisposableStack): Promise<Opened> {
  const bin = PostgresCluster.bin();
  if (bin === undefined) return skipped("graphile-worker", "Postgres", "postgresql");
  try {
    const cluster = await PostgresCluster.create(root, bin);
    return [openGraphile(cluster, running, "plain"), openGraphile(cluster, running, "batching")];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { skipped: `graphile-worker is not measured: no Postgres could be set up: ${why}` };
  }
}

async function celery(root: string, running: AsyncDisposableStack): Promise<Opened> {
  if (!await isInstalled(PYTHON, "-c", "import celery")) {
    return skipped("Celery", "Celery", "python3-celery");
  }
  return [openCelery(root, running)];
}

function skipped(peer: string, missing: string, debianPackage: string): Opened {
  return {
    skipped: `${peer} is not measured: ${missing} was not found; apt-get install ${debianPackage}.`,
  };
}
