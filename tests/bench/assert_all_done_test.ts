import { assertThrows } from "@std/assert";
import { Layout } from "../../lib/disk/layout.ts";
import { TempDir } from "../support/storage_fixture.ts";
import { assertAllDone } from "./assert_all_done.ts";

const IDS = ["a", "b"];

/** A tree in which both tasks were done. */
function doneTree(root: string): Layout {
  const layout = new Layout(root);
  for (const path of layout.directories()) Deno.mkdirSync(path, { recursive: true });
  Deno.mkdirSync(`${layout.notifications}/bench`);
  for (const id of IDS) {
    Deno.writeTextFileSync(layout.task("completed", id), "{}");
    Deno.writeTextFileSync(`${layout.notifications}/bench/${id}-completed.json`, "{}");
  }
  return layout;
}

Deno.test("assertAllDone() is content when every task was done once and told of", async () => {
  await using dir = await TempDir.make();
  doneTree(dir.path);
  assertAllDone(dir.path, IDS, ["b", "a"]);
});

Deno.test("assertAllDone() finds what was lost, doubled, or left over", async (t) => {
  const cases: [
    name: string,
    harm: (layout: Layout) => void,
    done: string[],
    words: string,
  ][] = [
    ["run twice", () => {}, ["a", "b", "b"], "runs: of 2 expected 0 are lost, 1 doubled"],
    ["never run", () => {}, ["a"], "runs: of 2 expected 1 are lost"],
    [
      "without a result",
      (layout) => Deno.removeSync(layout.task("completed", "a")),
      IDS,
      "tasks in completed/: of 2 expected 1 are lost",
    ],
    [
      "failed",
      (layout) => Deno.writeTextFileSync(layout.task("failed", "a"), "{}"),
      IDS,
      "tasks in failed/: of 0 expected 0 are lost, 0 doubled, 1 of something else",
    ],
    [
      "without a notification",
      (layout) => Deno.removeSync(`${layout.notifications}/bench/b-completed.json`),
      IDS,
      "notifications: of 2 expected 1 are lost",
    ],
    [
      "notified twice",
      (layout) => Deno.writeTextFileSync(`${layout.notifications}/bench/b-completed-2.json`, "{}"),
      IDS,
      "1 of something else",
    ],
  ];
  for (const [name, harm, done, words] of cases) {
    await t.step(name, async () => {
      await using dir = await TempDir.make();
      harm(doneTree(dir.path));
      assertThrows(() => assertAllDone(dir.path, IDS, done), Error, words);
    });
  }
});
