/** The operator's command as a program, with the permissions that deno.json gives it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startModelServer } from "../support/model_server.ts";
import { Scene, stop } from "../support/scene.ts";

Deno.test("tasks add takes its prompt from a pipe, waits, and prints the result alone", async () => {
  await using model = await startModelServer(() => ({ text: "391" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  const service = await scene.service();
  const stdin = "What is 17*23?\n";
  const { code, stdout, stderr } = await scene.tasks(
    ["add", "--prompt", "-", "--id", "t1", "--wait=60"],
    { stdin },
  );
  assertEquals([code, stdout, stderr], [0, "391\n", "Added task t1.\n"]);
  const record = await scene.completed("t1");
  assertEquals(record.prompt, "What is 17*23?");
  await stop(service);
});

Deno.test("tasks stats tells of what a service did, by model too", async () => {
  await using model = await startModelServer(() => ({ text: "done" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url, OPENAI_MODEL: "m1" });
  for (const id of ["t1", "t2"]) scene.submit(id, { prompt: "p" });
  const service = await scene.service();
  for (const id of ["t1", "t2"]) await scene.completed(id);
  await stop(service);
  const { code, stdout } = await scene.tasks(["stats", "--models", "--since", "1h", "--json"]);
  const all = JSON.parse(stdout);
  assertEquals([code, all.states.completed, all.success_rate], [0, 2, 1]);
  assertEquals([all.pick_up_ms.count, all.run_ms.count, all.days.length], [2, 2, 1]);
  assertEquals(all.models.map(({ answers }: { answers: number }) => answers), [2]);
  const usage = [all.models[0].input_tokens, all.models[0].output_tokens];
  assertEquals(usage, [all.usage.input_tokens, all.usage.output_tokens]);
  const text = await scene.tasks(["stats", "--conversation", "none"]);
  assertStringIncludes(text.stdout, "Success    none has ended\n");
});

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

Deno.test("the ids of a list go on to another command", async () => {
  await using scene = await Scene.open();
  for (const id of ["t1", "t2", "t3"]) {
    scene.submit(id, { prompt: "p", conversation_id: id === "t3" ? "c2" : "c1" });
  }
  const { stdout } = await scene.tasks(["list", "--conversation", "c1", "--ids"]);
  const ids = stdout.trimEnd().split("\n");
  assertEquals(ids.toSorted(), ["t1", "t2"]);
  const cancelled = await scene.tasks(["cancel", ...ids]);
  assertEquals([cancelled.code, scene.ids("failed"), scene.ids("pending")], [
    0,
    ["t1", "t2"],
    ["t3"],
  ]);
  const sorted = await scene.tasks(["list", "--sort", "state", "--json"]);
  const states = JSON.parse(sorted.stdout).map(({ state }: { state: string }) => state);
  assertEquals(states, ["pending", "failed", "failed"]);
});
