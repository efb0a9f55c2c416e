import { assert, assertEquals } from "@std/assert";
import { idle } from "./idle.ts";
import { figureOf, runShortForm } from "./short_form.ts";

Deno.test("idle measures a service and a chat that have nothing to do", async () => {
  const figures = await runShortForm(idle);
  assertEquals(figures.length, 6);
  for (const who of ["service", "chat"]) {
    const [memory] = figureOf(figures, `idle ${who}: memory`).values;
    assert(memory! > 10, `${memory} MB`);
  }
});
