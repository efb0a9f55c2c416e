import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { endurance } from "./endurance.ts";

Deno.test("endurance runs its three processes, accounts for every task and says what it measured", async () => {
  await using dir = await TempDir.make();
  const progress: string[] = [];
  const figures = await endurance.run({
    root: dir.path,
    rounds: 1,
    scale: 0.001,
    progress: (what) => progress.push(what),
  });
  assertEquals(progress.length, 2);
  assertEquals(figures.length, 20);
  for (const { section, values, compared } of figures) {
    assertEquals([section, values.length], ["k", 1]);
    assert(compared!.every((comparison) => comparison.values.length === 1));
  }
  const handled = figures.find(({ name }) => name.startsWith("handled"));
  assert(handled!.values[0]! > 0);
  for (const { name, values } of figures.filter(({ unit }) => unit === "MB")) {
    assert(values[0]! > 10, name);
  }
});
