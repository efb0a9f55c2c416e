/** Several services on one directory: they share the work, and no task runs twice. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

const SERVICES = 4;

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `task-${String(i).padStart(4, "0")}`);
}

function submit(scene: Scene, wanted: readonly string[]): void {
  for (const id of wanted) scene.submit(id, { prompt: id });
}

function allCompleted(scene: Scene, count: number): Promise<unknown> {
  return eventually(
    `${count} tasks in completed/`,
    () => scene.ids("completed").length === count,
    60,
  );
}

function assertAllEndedOnce(scene: Scene, wanted: readonly string[]): void {
  assertEquals(scene.ids("completed"), wanted);
  const left = ["tasks/pending", "tasks/running", "tasks/failed", "rejected", "tmp"]
    .flatMap((directory) => scene.names(directory));
  assertEquals(left, []);
  assertEquals(scene.notifications("c1"), wanted.map((id) => `${id}-completed.json`));
  for (const id of wanted) assertEquals(scene.record("completed", id)?.result, `did ${id}`);
}

/** How often the model was asked about each task. */
function askedCounts(model: ModelServer): Map<string, number> {
  const counts = new Map<string, number>();
  for (const request of model.requests) {
    const id = promptOf(request);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

async function shareTasks(count: number, durability: "full" | "relaxed"): Promise<void> {
  await using model = await startModelServer((request) => ({ text: `did ${promptOf(request)}` }));
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    DURABILITY: durability,
    LOG_LEVEL: "info",
  });
  const wanted = ids(count);
  submit(scene, wanted.slice(0, count / 2));
  const services = await Promise.all(Array.from({ length: SERVICES }, () => scene.service()));
  submit(scene, wanted.slice(count / 2));
  await allCompleted(scene, count);
  const ends = await Promise.all(services.map(stop));
  assertEquals(ends.map(({ code }) => code), services.map(() => 0));
  assertAllEndedOnce(scene, wanted);
  assertEquals([...askedCounts(model).values()].filter((times) => times !== 1), []);
  const workers = new Set(wanted.map((id) => scene.record("completed", id)?.service_id));
  assert(workers.size > 1, "the services did not share the work");
}

Deno.test("four services on one directory share 500 tasks, each run exactly once", async () => {
  await shareTasks(500, "relaxed");
});

Deno.test("four services share tasks the same way with full durability", async () => {
  await shareTasks(60, "full");
});

Deno.test("four services share 500 tasks, and the three that are left go on when one is killed", async () => {
  await using model = await startModelServer((request) => ({
    text: `did ${promptOf(request)}`,
    latency_ms: 20,
  }));
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    DURABILITY: "relaxed",
  });
  const wanted = ids(500);
  submit(scene, wanted);
  const [victim, ...others] = await Promise.all(
    Array.from({ length: SERVICES }, () => scene.service()),
  );
  // The victim holds tasks when it dies: two of its own are seen in running/ at that moment.
  await eventually("tasks that the victim holds, in the middle of the work", () => {
    const held = scene.ids("running").filter((id) =>
      scene.record("running", id)?.pid === victim!.pid
    );
    return scene.ids("completed").length > 50 && held.length >= 2;
  });
  victim!.kill("SIGKILL");
  await victim!.ended;
  assert(scene.ids("completed").length < 500, "the work was done before the kill");
  await allCompleted(scene, 500);
  const ends = await Promise.all(others.map(stop));
  assertEquals(ends.map(({ code }) => code), [0, 0, 0]);
  // What the killed one was writing may lie in tmp/ until it is swept; nowhere else.
  for (const name of scene.names("tmp")) Deno.removeSync(scene.path(`tmp/${name}`));
  assertAllEndedOnce(scene, wanted);

  const crashed = wanted.filter((id) =>
    scene.record("completed", id)?.attempts?.some(({ outcome }) => outcome === "crashed")
  );
  assert(crashed.length >= 1 && crashed.length <= 4, `${crashed.length} tasks lost their service`);
  // Only an answer that the killed service had not finished reading was asked for again.
  for (const [id, times] of askedCounts(model)) {
    assert(times === 1 || (times === 2 && crashed.includes(id)), `${id} was asked ${times} times`);
  }
});
