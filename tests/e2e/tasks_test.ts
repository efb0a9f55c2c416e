/** The operator's command as a program, with the permissions that deno.json gives it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { testOnEachEngine } from "../support/engines.ts";
import { startModelServer } from "../support/model_server.ts";
import { type Scene, stop } from "../support/scene.ts";

/** Hands in a task. */
async function add(scene: Scene, id: string, ...flags: string[]): Promise<void> {
  const { code } = await scene.tasks(["add", "--id", id, "--prompt", "p", ...flags]);
  assertEquals(code, 0);
}

/** The ids of the tasks in a state, sorted. */
async function idsIn(scene: Scene, state: string): Promise<string[]> {
  const { stdout } = await scene.tasks(["ids", "--state", state]);
  return stdout.split("\n").filter((id) => id !== "").sort();
}

testOnEachEngine(
  "tasks add takes its prompt from a pipe, waits, and prints the result alone",
  async (open) => {
    await using model = await startModelServer(() => ({ text: "391" }));
    await using scene = await open({ OPENAI_BASE_URL: model.base_url });
    const service = await scene.service();
    const stdin = "What is 17*23?\n";
    const { code, stdout, stderr } = await scene.tasks(
      ["add", "--prompt", "-", "--id", "t1", "--wait=60"],
      { stdin },
    );
    assertEquals([code, stdout, stderr], [0, "391\n", "Added task t1.\n"]);
    const shown = await scene.tasks(["show", "t1", "--json"]);
    const { prompt, state } = JSON.parse(shown.stdout);
    assertEquals([prompt, state], ["What is 17*23?", "completed"]);
    await stop(service);
  },
);

testOnEachEngine("tasks stats tells of what a service did, by model too", async (open) => {
  await using model = await startModelServer(() => ({ text: "done" }));
  await using scene = await open({ OPENAI_BASE_URL: model.base_url, OPENAI_MODEL: "m1" });
  for (const id of ["t1", "t2"]) await add(scene, id);
  const service = await scene.service();
  assertEquals((await scene.tasks(["wait", "t1", "t2", "--timeout", "60"])).code, 0);
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

testOnEachEngine("the ids of a list go on to another command", async (open) => {
  await using scene = await open();
  for (const id of ["t1", "t2", "t3"]) {
    await add(scene, id, "--conversation", id === "t3" ? "c2" : "c1");
  }
  const { stdout } = await scene.tasks(["list", "--conversation", "c1", "--ids"]);
  const ids = stdout.trimEnd().split("\n");
  assertEquals(ids.toSorted(), ["t1", "t2"]);
  const cancelled = await scene.tasks(["cancel", ...ids]);
  assertEquals([cancelled.code, await idsIn(scene, "failed"), await idsIn(scene, "pending")], [
    0,
    ["t1", "t2"],
    ["t3"],
  ]);
  const sorted = await scene.tasks(["list", "--sort", "state", "--json"]);
  const states = JSON.parse(sorted.stdout).map(({ state }: { state: string }) => state);
  assertEquals(states, ["pending", "failed", "failed"]);
});
