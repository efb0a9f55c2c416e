/**
 * What background_service.ts is as a binary: the service, or one of the processes it starts itself
 * as. Those load nothing of the service, so that a tool's first call need not wait for it.
 */
import { runAsChild } from "../sandbox/run_as_child.ts";

if (import.meta.main && !await runAsChild(Deno.args)) {
  const { runService } = await import("../../background_service.ts");
  await runService(Deno.args);
}
