/** The matrix sees what it is for: protections are taken out of a copy, and points are not ok. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { notOk } from "./check_scenario.ts";
import { runScenario } from "./matrix.ts";
import type { Row } from "./places.ts";
import { copyProject } from "./project.ts";
import { SCENARIOS } from "./scenarios.ts";

/** A text in a file of the project, and what is put in its place. */
type Change = readonly [file: string, from: string, to: string];

/** Runs one scenario on a project that was changed. */
async function runChanged(changes: readonly Change[], scenario: string): Promise<Row[]> {
  const copy = await copyProject();
  try {
    for (const [file, from, to] of changes) {
      const path = join(copy.directory, file);
      const text = await Deno.readTextFile(path);
      assertEquals(text.split(from).length, 2, `${file} has changed: change this test too`);
      await Deno.writeTextFile(path, text.replace(from, to));
    }
    const found = SCENARIOS.find(({ name }) => name === scenario);
    assert(found !== undefined, `there is no scenario "${scenario}"`);
    return await runScenario(copy.directory, found);
  } finally {
    await copy.remove();
  }
}

const SETTLE = "lib/queue/file/settle.ts";
const TELL = "await tell(context, record, to, first);";
const AFTER_RENAME = "// A rename is one change in the log";

Deno.test("a notification that comes after the last rename is missed at the points in between", async () => {
  const rows = await runChanged([
    [SETTLE, TELL, "{}"],
    [SETTLE, AFTER_RENAME, `if (isTerminal(to)) ${TELL}\n  ${AFTER_RENAME}`],
  ], "A run that the model refuses for good");
  const bad = notOk(rows);
  assert(bad.length >= 5, `${bad.length} points are not ok`);
  for (const { point, killed, verdict } of bad) {
    assertEquals([killed.split(";")[0], verdict], ["failed", "told nothing, not failed"], point);
  }
  const renamed = rows.findIndex(({ point }) => point.startsWith("after rename tasks/running/"));
  assertEquals(bad[0], rows[renamed]);
});

Deno.test("recovery that does not honour a staged ending runs the task again, and that is seen", async () => {
  const rows = await runChanged([
    ["lib/queue/file/recover.ts", "} else if (isHonoured(parsed.record)) {", "} else if (false) {"],
  ], "Recovery completes a staged ending");
  assertEquals(notOk(rows).length, rows.length);
});
