/** What a service does at its ends, seen through the programs, on each engine. */
import { assertEquals } from "@std/assert";
import { testOnEachEngine } from "../support/engines.ts";
import { soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { end, type Json, type Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

async function add(scene: Scene, id: string, prompt: string, ...flags: string[]): Promise<void> {
  const { code, stderr } = await scene.tasks(["add", "--id", id, "--prompt", prompt, ...flags]);
  assertEquals(code, 0, stderr);
}

async function shown(scene: Scene, id: string): Promise<Json & { journal: readonly Json[] }> {
  return JSON.parse((await scene.tasks(["show", id, "--json"])).stdout);
}

/** A model that holds the answer to "wait" at a gate. */
function waiting(gate: Gate) {
  return startModelServer(async (request) => {
    if (promptOf(request) === "wait") await gate.pass();
    return { text: `Answer to ${promptOf(request)}` };
  });
}

testOnEachEngine(
  "a service that is told to stop puts its task back, and the next one ends it",
  async (open) => {
    const gate = new Gate();
    await using model = await waiting(gate);
    await using scene = await open({ OPENAI_BASE_URL: model.base_url });
    const first = await scene.service(["--grace", "0.2"]);
    await add(scene, "t1", "wait");
    await soon("the model is asked", gate.reached);
    assertEquals((await stop(first)).code, 0);
    const { state, attempts } = await shown(scene, "t1");
    assertEquals([state, (attempts as Json[]).map(({ outcome }) => outcome)], ["pending", [
      "interrupted",
    ]]);
    gate.release();
    const second = await scene.service();
    assertEquals((await scene.tasks(["wait", "t1", "--timeout", "60"])).code, 0);
    assertEquals((await shown(scene, "t1"))["attempt"], 1);
    assertEquals((await stop(second)).code, 0);
  },
);

testOnEachEngine(
  "a running task is cancelled from another process, and once only",
  async (open) => {
    const gate = new Gate();
    await using model = await waiting(gate);
    await using scene = await open({ OPENAI_BASE_URL: model.base_url });
    const service = await scene.service();
    await add(scene, "t1", "wait");
    await soon("the model is asked", gate.reached);
    const both = await Promise.all([scene.tasks(["cancel", "t1"]), scene.tasks(["wait", "t1"])]);
    assertEquals(both.map(({ code }) => code), [0, 5]);
    const again = await scene.tasks(["cancel", "t1"]);
    assertEquals([again.code, again.stderr], [
      1,
      'error: Cannot cancel task "t1": it is failed; it has ended already\n',
    ]);
    gate.release();
    await stop(service);
  },
);

testOnEachEngine("--drain works off what is due, and leaves what is for later", async (open) => {
  await using model = await startModelServer((request) => ({ text: promptOf(request) }));
  await using scene = await open({ OPENAI_BASE_URL: model.base_url, TASK_CONCURRENCY: "2" });
  for (const id of ["t1", "t2", "t3"]) await add(scene, id, `do ${id}`);
  await add(scene, "later", "p", "--run-at", "2999-01-01T00:00:00Z");
  const drained = await end(scene.start("background", ["--drain"]));
  assertEquals(drained.code, 0, drained.stderr);
  const { stdout } = await scene.tasks(["list", "--sort", "title", "--json"]);
  assertEquals(JSON.parse(stdout).map(({ id, state }: Json) => `${id} ${state}`).sort(), [
    "later pending",
    "t1 completed",
    "t2 completed",
    "t3 completed",
  ]);
});
