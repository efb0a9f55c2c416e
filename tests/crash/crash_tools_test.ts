/** The crash matrix where tools run: see README.md. */
import type { ProjectCopy } from "../support/project_copy.ts";
import { checkScenario } from "./check_scenario.ts";
import { copyProject } from "./project.ts";
import { SCENARIOS } from "./scenarios.ts";

let project: ProjectCopy;
Deno.test.beforeAll(async () => {
  project = await copyProject();
});
Deno.test.afterAll(() => project.remove());

for (const scenario of SCENARIOS.filter(({ tools }) => tools)) {
  Deno.test(`killed at every point of: ${scenario.name}`, async () => {
    await checkScenario(project.directory, scenario);
  });
}
