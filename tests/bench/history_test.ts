import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { history } from "./history.ts";

Deno.test("the bench's history section measures pick-up, enqueue and the list of every tree", async () => {
  await using dir = await TempDir.make();
  const root = dir.path;
  const progress = () => {};
  const figures = await history.run({ root, rounds: 1, scale: 0.001, progress });
  assertEquals(figures.map(({ name }) => name), [
    "pick-up p50, 0 finished",
    "enqueue p50, 0 finished",
    "tasks list, first page, 0 finished",
    "pick-up p50, 100,000 finished",
    "enqueue p50, 100,000 finished",
    "tasks list, first page, 100,000 finished",
    "pick-up p50, 1,000,000 finished",
    "enqueue p50, 1,000,000 finished",
    "tasks list, first page, 1,000,000 finished",
  ]);
  for (const { section, name, values, compared = [] } of figures) {
    assertEquals(section, "e");
    assertEquals(values.length, 1, name);
    assert(values.every((value) => value > 0), name);
    for (const { values } of compared) assertEquals(values.length, 1, name);
  }
});
