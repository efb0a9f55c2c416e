/** A scenario of the matrix as a test: every point is ok, and the committed table shows just that. */
import { assertEquals } from "@std/assert";
import { runScenario } from "./matrix.ts";
import type { Row } from "./places.ts";
import type { Scenario } from "./scenario.ts";
import { renderRow, rowsOnPage } from "./table.ts";

const README = new URL("README.md", import.meta.url);

/** The committed lines of a scenario. */
export async function committedRows(name: string): Promise<string[]> {
  return rowsOnPage(await Deno.readTextFile(README), name);
}

/** The points that are not ok. */
export function notOk(rows: readonly Row[]): Row[] {
  return rows.filter(({ verdict }) => verdict !== "ok");
}

/** Runs it at all of its points. */
export async function checkScenario(project: string, scenario: Scenario): Promise<void> {
  const rows = await runScenario(project, scenario);
  assertEquals(notOk(rows), []);
  const hint = "tests/crash/README.md is out of date: run deno task crash";
  assertEquals(rows.map(renderRow), await committedRows(scenario.name), hint);
}
