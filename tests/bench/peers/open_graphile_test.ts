import { TempDir } from "../../support/storage_fixture.ts";
import { checkDrain, checkShortForm } from "./check_short_form.ts";
import { openGraphile } from "./open_graphile.ts";
import { PostgresCluster } from "./postgres_cluster.ts";

const bin = PostgresCluster.bin();
const reason = bin === undefined ? " (needs postgresql)" : "";

Deno.test({
  name: `openGraphile() does the bench's work, job by job and in batches${reason}`,
  ignore: bin === undefined,
  fn: async () => {
    await using dir = await TempDir.make();
    await using running = new AsyncDisposableStack();
    const cluster = await PostgresCluster.create(dir.path, bin ?? "");
    await checkShortForm(openGraphile(cluster, running, "plain"));
    await checkDrain(openGraphile(cluster, running, "batching"));
  },
});
