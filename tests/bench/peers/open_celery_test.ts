import { assert } from "@std/assert";
import { TempDir } from "../../support/storage_fixture.ts";
import { checkDrain } from "./check_short_form.ts";
import { isInstalled } from "./is_installed.ts";
import { openCelery, PYTHON } from "./open_celery.ts";

const ignore = !await isInstalled(PYTHON, "-c", "import celery");
const reason = ignore ? " (needs python3-celery)" : "";

Deno.test({
  name: `openCelery() does the bench's work, and some of it beside many jobs that wait${reason}`,
  ignore,
  fn: async () => {
    await using dir = await TempDir.make();
    await using running = new AsyncDisposableStack();
    const peer = openCelery(dir.path, running);
    await checkDrain(peer);
    const rate = await peer.drainBeside?.(500, 0.2);
    assert(rate !== undefined && rate >= 0);
  },
});
