import { assert } from "@std/assert";
import { figureOf, runShortForm } from "./short_form.ts";
import { tools } from "./tools.ts";

Deno.test("tools finds a call in a warm process cheaper than one that starts it", async () => {
  const figures = await runShortForm(tools);
  const [cold] = figureOf(figures, "has to be started").values;
  const [warm] = figureOf(figures, "warm process").values;
  assert(warm! < cold!, `${warm} ms and ${cold} ms`);
});
