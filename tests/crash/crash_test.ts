/** The crash matrix, all but the tools': see README.md. */
import { assert, assertEquals } from "@std/assert";
import type { ProjectCopy } from "../support/project_copy.ts";
import { checkScenario, committedRows, notOk } from "./check_scenario.ts";
import { copyProject } from "./project.ts";
import { SCENARIOS } from "./scenarios.ts";
import { runStarts, START } from "./starts.ts";
import { renderRow } from "./table.ts";

/** Each costs a process of its own; `deno task crash` starts again after every one of them. */
const STARTS_PICKED = 6;

let project: ProjectCopy;
Deno.test.beforeAll(async () => {
  project = await copyProject();
});
Deno.test.afterAll(() => project.remove());

for (const scenario of SCENARIOS.filter(({ tools }) => !tools)) {
  Deno.test(`killed at every point of: ${scenario.name}`, async () => {
    await checkScenario(project.directory, scenario);
  });
}

Deno.test(`killed at every point of: ${START}`, async () => {
  const committed = await committedRows(START);
  // Others each day, the same all day: a failure can be run again.
  const day = Math.floor(Date.now() / 86_400_000);
  const stride = Math.ceil(committed.length / STARTS_PICKED);
  const rows = await runStarts(project.directory, (n) => (n + day) % stride === 0);
  const picked = rows.filter(({ isRecovered }) => isRecovered);
  assert(picked.length >= STARTS_PICKED - 1, `${picked.length} were started again`);
  assertEquals(notOk(picked), []);
  const ended = { recovered: "completed; told completed", verdict: "ok" };
  assertEquals(rows.map((row, n) => renderRow({ ...row, ...ended }, n)), committed);
});
