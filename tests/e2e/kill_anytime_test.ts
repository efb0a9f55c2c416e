/** Services that die again and again while many tasks of several steps are under way. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { type RecordedRequest, startModelServer } from "../support/model_server.ts";
import { Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

const TASKS = 12;
const STEPS = 4;
/** A service dies when the journals hold so many lines; each task's has about a dozen at its end. */
const DEATHS = [15, 50, 90];

function answersIn(request: RecordedRequest): number {
  return request.body.messages.filter(({ role }) => role === "assistant").length;
}

Deno.test("no finished step is lost or done again, whenever services are killed", async () => {
  const askedAgain: string[] = [];
  let scene: Scene | undefined;
  await using model = await startModelServer((request) => {
    const id = promptOf(request);
    const step = answersIn(request) + 1;
    // What the journal holds at this moment must not be asked for.
    const kept = scene!.journal(id).filter(({ type }) => type === "model_answer").length;
    if (kept !== step - 1) askedAgain.push(`${id}: step ${step}, and ${kept} answers are kept`);
    if (step === STEPS) return { text: `${id} is done`, latency_ms: 10 };
    const expression = `${id.slice(1)}*${step}`;
    return { tool_calls: [{ name: "calculate", arguments: { expression } }], latency_ms: 10 };
  });
  await using opened = scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    DURABILITY: "relaxed",
    TASK_CONCURRENCY: "6",
  });
  const ids = Array.from({ length: TASKS }, (_, i) => `t${i + 10}`);
  for (const id of ids) opened.submit(id, { prompt: id });
  const lines = () => ids.reduce((sum, id) => sum + opened.journal(id).length, 0);

  for (const death of DEATHS) {
    const service = await opened.service();
    await eventually(`${death} lines in the journals`, () => lines() >= death);
    service.kill("SIGKILL");
    await service.ended;
    assert(opened.ids("completed").length < TASKS, "all was done before the kill");
    const found = (["pending", "running", "completed", "failed"] as const)
      .flatMap((state) => opened.ids(state));
    assertEquals(found.sort(), ids, "a task is in no state, or in two");
  }
  const last = await opened.service();
  await eventually("every task in completed/", () => opened.ids("completed").length === TASKS, 60);
  assertEquals((await stop(last)).code, 0);

  assertEquals(askedAgain, []);
  assertEquals(opened.notifications("c1"), ids.map((id) => `${id}-completed.json`));
  let crashes = 0;
  for (const id of ids) {
    const record = opened.record("completed", id);
    assertEquals(record?.result, `${id} is done`);
    assertEquals([record?.usage?.model_calls, record?.usage?.tool_calls], [STEPS, STEPS - 1]);
    const ends = opened.journal(id).filter((entry) => entry.type === "tool_finished");
    const outputs = ends.map(({ output }) => Number(output));
    assertEquals(outputs, [1, 2, 3].map((step) => Number(id.slice(1)) * step));
    crashes += record?.attempts?.filter(({ outcome }) => outcome === "crashed").length ?? 0;
  }
  assert(crashes >= DEATHS.length, `only ${crashes} attempts were cut off`);
});
