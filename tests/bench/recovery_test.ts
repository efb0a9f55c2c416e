import { assert } from "@std/assert";
import { recovery } from "./recovery.ts";
import { figureOf, runShortForm } from "./short_form.ts";

Deno.test("recovery measures until the tasks of a killed service run in the other one", async () => {
  const [time] = figureOf(await runShortForm(recovery), "SIGKILL").values;
  assert(time! > 0, `${time} ms`);
});
