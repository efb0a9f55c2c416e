import { assert, assertEquals } from "@std/assert";
import { agent } from "./agent.ts";
import { figureOf, runShortForm } from "./short_form.ts";

Deno.test("agent measures no less than the ideal, and a service that holds calls", async () => {
  const figures = await runShortForm(agent);
  const { values: [ratio], must } = figureOf(figures, "wall time / ideal");
  assert(ratio! >= 1, `${ratio} × the ideal`);
  assertEquals(must, { most: 1.15 });
  const { values: [memory] } = figureOf(figures, "model calls in flight");
  assert(memory! > 10, `${memory} MB`);
});
