import { assertThrows } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { assertAllAccounted, type Claims } from "./assert_all_accounted.ts";

/** A tree in which three of four tasks lie and one was pruned. */
async function withTree(
  test: (root: string, claims: Required<Claims>) => Promise<void>,
): Promise<void> {
  await using dir = await TempDir.make();
  const root = dir.path;
  for (const state of ["pending", "running", "completed", "failed"]) {
    await Deno.mkdir(`${root}/tasks/${state}`, { recursive: true });
  }
  for (const name of ["notifications/bench", "control/prune", "journal", "rejected", "tmp"]) {
    await Deno.mkdir(`${root}/${name}`, { recursive: true });
  }
  for (const id of ["a", "b", "c"]) {
    await Deno.writeTextFile(`${root}/tasks/completed/${id}.json`, "{}");
    await Deno.writeTextFile(`${root}/notifications/bench/${id}-completed.json`, "{}");
  }
  await test(root, { enqueued: ["a", "b", "c", "d"], ran: ["d", "c", "b", "a"], pruned: ["d"] });
}

Deno.test("assertAllAccounted() finds nothing where all is as it was said to be", async () => {
  await withTree((root, claims) => Promise.resolve(assertAllAccounted(root, claims)));
});

Deno.test("assertAllAccounted() names what is lost, doubled or left over", async () => {
  await withTree(async (root, claims) => {
    const { enqueued, ran, pruned } = claims;
    const faulty: readonly [Claims, string][] = [
      [{ ...claims, enqueued: [...enqueued, "e"] }, "1 never run: e; 1 lost: e; 1 without a no"],
      [{ ...claims, ran: [...ran, "a"] }, "1 run twice: a"],
      [{ ...claims, ran: ran.slice(1) }, "1 never run: d"],
      [{ ...claims, pruned: [] }, "1 lost: d; 1 without a notification: d-completed"],
      [{ ...claims, pruned: [...pruned, "a"] }, "1 pruned, and still there or there by nobody's"],
    ];
    for (const [said, message] of faulty) {
      assertThrows(() => assertAllAccounted(root, said), Error, message);
    }
    await Deno.remove(`${root}/tasks/completed/a.json`);
    await Deno.remove(`${root}/notifications/bench/b-completed.json`);
    await Deno.writeTextFile(`${root}/notifications/bench/d-completed.json`, "{}");
    await Deno.writeTextFile(`${root}/tasks/failed/a.json`, "{}");
    await Deno.writeTextFile(`${root}/tasks/running/a.json`, "{}");
    await Deno.writeTextFile(`${root}/control/prune/d`, "");
    assertThrows(
      () => assertAllAccounted(root, claims),
      Error,
      "not every task is accounted for: 1 lost: a; 1 without a notification: b-completed; " +
        "1 a notification too many: d-completed; " +
        "1 left in running/: a; 1 left in failed/: a; 1 left in control/prune/: d",
    );
  });
});
