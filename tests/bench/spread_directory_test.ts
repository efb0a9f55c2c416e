import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { freshPlace, makeSpreadDirectory } from "./spread_directory.ts";

Deno.test("freshPlace() makes another empty directory each time, below its root", async () => {
  const root = await makeSpreadDirectory();
  try {
    const [first, second] = [freshPlace(root, "drain"), freshPlace(root, "drain")];
    assertNotEquals(first, second);
    for (const place of [first, second]) {
      assert(place.startsWith(`${root}/drain-`));
      assertEquals(Array.from(Deno.readDirSync(place)), []);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
