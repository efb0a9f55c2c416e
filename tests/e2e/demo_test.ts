/** What a stranger runs first. */
import { assertStringIncludes } from "@std/assert";
import { runDemo } from "../support/run_demo.ts";

Deno.test("the demo observes its seven steps and the resume, and leaves with 0", async () => {
  // Whatever queue this run's own environment names.
  const said = await runDemo({ QUEUE_URL: "" }, 60);
  assertStringIncludes(said, "share only files");
});
