import { assert } from "@std/assert";
import { figureOf, runShortForm } from "./short_form.ts";
import { shown } from "./shown.ts";

Deno.test("shown measures how long notifications take to the screen", async () => {
  const figures = await runShortForm(shown);
  const [middle] = figureOf(figures, "p50").values;
  const [slowest] = figureOf(figures, "p99").values;
  assert(middle! > 0 && slowest! >= middle!, `${middle} ms and ${slowest} ms`);
});
