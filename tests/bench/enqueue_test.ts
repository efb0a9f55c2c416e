import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { enqueue } from "./enqueue.ts";

Deno.test("the section of enqueues holds each against its floor, and 32 in flight against one", async () => {
  await using dir = await TempDir.make();
  const figures = await enqueue.run({
    root: dir.path,
    rounds: 1,
    scale: 0.005,
    progress: () => {},
  });
  assertEquals(figures.length, 4);
  for (const { section, unit, values, compared = [] } of figures) {
    assertEquals([section, unit, compared[0]?.to], ["a", "tasks/s", "floor"]);
    assert([values, ...compared.map((each) => each.values)].every(([value]) => value! > 0));
  }
  const [relaxed, , one, many] = figures;
  assertEquals(relaxed?.compared?.[0]?.must, { least: 0.7 });
  assertEquals(many?.compared?.[1], {
    to: "full, one at a time",
    values: one!.values,
    must: { least: 3 },
  });
});
