/** `tasks doctor` as a program: all that it looks at, with the permissions that deno.json gives it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startModelServer } from "../support/model_server.ts";
import { Scene } from "../support/scene.ts";

Deno.test("tasks doctor may look at all that it looks at; from main it does without the disk's room", async () => {
  await using model = await startModelServer(() => ({ text: "done" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url, OPENAI_API_KEY: "k-1" });
  const tasks = await scene.tasks(["doctor", "--json"]);
  const { findings } = JSON.parse(tasks.stdout);
  const checks = findings.map(({ check }: { check: string }) => check);
  const seen = [...new Set(checks)].sort();
  assertEquals(seen, ["clock", "disk", "file_system", "files", "model", "permissions", "tasks"]);
  const said = (check: string) =>
    findings.find((finding: { check: string }) => finding.check === check).message;
  assertStringIncludes(said("disk"), "There is room for ");
  assertStringIncludes(said("model"), `${model.base_url}/models`);
  assertEquals(tasks.stdout.includes("k-1"), false);
  const main = await scene.main(["tasks", "doctor"]);
  assertStringIncludes(main.stdout, "How much room there is cannot be seen without");
  assertStringIncludes(main.stdout, "✓ The file system locks");
});
