import { assert } from "@std/assert";
import { prompt } from "./prompt.ts";
import { figureOf, runShortForm } from "./short_form.ts";

Deno.test("prompt measures how long the chat takes to its prompt", async () => {
  const [time] = figureOf(await runShortForm(prompt), "prompt").values;
  assert(time! > 10, `${time} ms`);
});
