/** A copy of the project whose service can be killed at a point. */
import { join } from "@std/path";
import { PROJECT } from "../support/program.ts";
import { copyProjectWithMarks } from "../support/project_copy.ts";

/** Copies it; its tools are those that differ in their effects only. */
export async function copyProject() {
  const copy = await copyProjectWithMarks();
  const crash = join(copy.directory, "tests", "crash");
  await Deno.mkdir(crash, { recursive: true });
  await Deno.mkdir(join(copy.directory, "no-tools"));
  for (const name of ["service_under_test.ts", "crash_disk.ts", "crash_plan.ts"]) {
    await Deno.copyFile(join(PROJECT, "tests", "crash", name), join(crash, name));
  }
  return copy;
}
