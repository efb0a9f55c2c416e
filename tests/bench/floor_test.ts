import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { floorDrain, type FloorOptions, protocolDrain } from "./floor.ts";

const CASES: FloorOptions[] = [
  { count: 5, durability: "relaxed", width: 1 },
  { count: 5, durability: "full", width: 1 },
  { count: 5, durability: "full", width: 3 },
];

for (const options of CASES) {
  Deno.test(`floorDrain() leaves what a drain leaves: ${options.durability}, ${options.width}`, async () => {
    await using dir = await TempDir.make();
    assert(await floorDrain(dir.path, options) > 0);
    const left = Array.from(Deno.readDirSync(dir.path), ({ name }) => {
      const files = Array.from(Deno.readDirSync(`${dir.path}/${name}`));
      return [name, files.length] as const;
    });
    assertEquals(Object.fromEntries(left), {
      tmp: 0,
      pending: 0,
      running: 0,
      completed: 5,
      notifications: 5,
    });
    const sizes = ["completed", "notifications"].map((name) =>
      Deno.statSync(`${dir.path}/${name}/01J${"0".repeat(23)}`).size
    );
    assertEquals(sizes, [700, 400]);
  });
}

Deno.test("protocolDrain() leaves what a drain leaves, beside the files that it would write again", async () => {
  await using dir = await TempDir.make();
  assert(await protocolDrain(dir.path, 5) > 0);
  for (const [name, files] of [["pending", 0], ["running", 0], ["completed", 5], ["tmp", 5]]) {
    assertEquals(Array.from(Deno.readDirSync(`${dir.path}/${name}`)).length, files, `${name}`);
  }
});
