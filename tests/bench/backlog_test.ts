import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { backlog } from "./backlog.ts";

Deno.test("the bench's backlog section measures every size in every round", async () => {
  await using dir = await TempDir.make();
  const root = dir.path;
  const progress = () => {};
  const figures = await backlog.run({ root, rounds: 1, scale: 0.002, progress });
  assertEquals(figures.filter(({ name }) => name.startsWith("drain")).map(({ name }) => name), [
    "drain, concurrency 10, 1,000 pending",
    "drain, concurrency 10, 10,000 pending",
    "drain, concurrency 10, 100,000 pending",
  ]);
  assertEquals(figures.length, 17);
  for (const { section, name, values, unit, compared = [] } of figures) {
    assertEquals(section, "d");
    assertEquals(values.length, 1, name);
    assert(values.every(Number.isFinite), name);
    // Memory of so few tasks is noise.
    if (unit !== "bytes") assert(values.every((value) => value > 0), name);
    for (const { values } of compared) assertEquals(values.length, 1, name);
  }
  assertEquals(figures.flatMap(({ must }) => must ?? []), [{ most: 1_000 }, { most: 400 }]);
});
