/** `--drain`: the service works until nothing is left to do, and leaves. */
import { assert, assertEquals } from "@std/assert";
import { openStorage } from "../../lib/open_storage.ts";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { end, Scene } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

const COUNT = 1_000;

/** Hands in tasks as a program does that uses the queue itself. */
async function enqueueAll(scene: Scene, count: number): Promise<string[]> {
  const config = { persistent_dir: scene.directory, durability: "relaxed" } as const;
  const owner = { service_id: "producer", pid: Deno.pid, host: "localhost" };
  const storage = await openStorage(config, owner);
  try {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const prompt = `task ${i}`;
      ids.push((await storage.queue.enqueue({ conversation_id: "c1", prompt })).id);
    }
    return ids.sort();
  } finally {
    storage.close();
  }
}

Deno.test("--drain does 1,000 tasks that were added while no service ran, and leaves with 0", async () => {
  await using model = await startModelServer((request) => ({ text: promptOf(request) }));
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    DURABILITY: "relaxed",
    TASK_CONCURRENCY: "16",
    LOG_LEVEL: "warning",
  });
  const ids = await enqueueAll(scene, COUNT);
  assertEquals(scene.ids("pending"), ids);

  const { code, stderr } = await end(scene.start("background", ["--drain"]));
  assertEquals([code, stderr], [0, ""]);
  assertEquals(scene.ids("completed"), ids);
  assertEquals(scene.notifications("c1"), ids.map((id) => `${id}-completed.json`));
  for (const state of ["pending", "running", "failed"] as const) {
    assertEquals(scene.ids(state), []);
  }
  assertEquals(model.requests.length, COUNT);
});

Deno.test("--drain leaves at once where there is nothing to do", async () => {
  await using scene = await Scene.open({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
  const { code } = await end(scene.start("background", ["--drain"]));
  assertEquals(code, 0);
  assertEquals(scene.names("services"), []);
});

Deno.test("--drain does not wait for a run_at in the future, and waits for the next attempt", async () => {
  const later = new Date(Date.now() + 3_600_000).toISOString();
  await using model = await startModelServer((request) =>
    request.number === 1 ? { status: 503, body: "busy" } : { text: "at last" }
  );
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  scene.submit("far", { prompt: "not now", run_at: later });
  scene.submit("again", { prompt: "now" });
  const { code } = await end(scene.start("background", ["--drain"]));
  assertEquals(code, 0);
  assertEquals(scene.record("completed", "again")?.result, "at last");
  const outcomes = scene.record("completed", "again")?.attempts?.map(({ outcome }) => outcome);
  assertEquals(outcomes, ["retry", "completed"]);
  assertEquals(scene.ids("pending"), ["far"]);
  assertEquals(scene.record("pending", "far")?.run_at, later);
});

Deno.test("--drain takes what comes in while it still works", async () => {
  const gate = new Gate();
  await using model = await startModelServer((request) =>
    promptOf(request) === "first" ? { text: "done", gate } : { text: "done too" }
  );
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  scene.submit("first", { prompt: "first" });
  const service = await scene.service(["--drain"]);
  await soon("the model call", gate.reached);
  scene.submit("second", { prompt: "second" });
  await scene.completed("second");
  assert(scene.has("tasks/running/first.json"));
  gate.release();
  assertEquals((await end(service)).code, 0);
  await eventually("both", () => scene.ids("completed").join() === "first,second", 1);
});
