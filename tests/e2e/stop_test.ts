/** Stopping the service: in order on the first signal, at once on a later one. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, type ModelServer, startModelServer } from "../support/model_server.ts";
import { PROJECT } from "../support/program.ts";
import { end, Scene } from "../support/scene.ts";
import { lastMessage } from "../support/two_models.ts";

/** Longer than the half second in which signals count as one. */
const A_SECOND_SIGNAL_MS = 700;

/** A worker that calculates before it answers; its first answer waits at a gate. */
function calculating(gate: Gate): Promise<ModelServer> {
  return startModelServer((request) => {
    const last = lastMessage(request);
    if (last.role === "tool") return { text: `It is ${last.content}.` };
    return { gate, tool_calls: [{ name: "calculate", arguments: { expression: "6*7" } }] };
  });
}

function timePassed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} lets a model call come to its end, puts the task back and leaves with 0`, async () => {
    const gate = new Gate();
    await using model = await calculating(gate);
    await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
    const service = await scene.service();
    scene.submit("t1", { prompt: "What is 6*7?" });
    scene.submit("later", { prompt: "hi", run_at: new Date(Date.now() + 3_600_000).toISOString() });
    await soon("the model call", gate.reached);
    service.kill(signal);
    await soon("the stop", service.seen(/stopping: /, "stderr"));
    // Nothing new is taken from now on.
    scene.submit("t2", { prompt: "What is 6*7?" });
    gate.release();
    assertEquals((await end(service)).code, 0);

    assertEquals(scene.ids("pending"), ["later", "t1", "t2"]);
    assertEquals(scene.names("tasks/running"), []);
    assertEquals(scene.names("services"), []);
    assertEquals(scene.notifications("c1"), []);
    const record = scene.record("pending", "t1");
    assertEquals(record?.attempts?.map(({ attempt, outcome }) => [attempt, outcome]), [
      [1, "interrupted"],
    ]);
    assertEquals([record?.interruptions, record?.service_id, record?.retry_at], [
      0,
      undefined,
      undefined,
    ]);
    assert(scene.journal("t1").some(({ type }) => type === "model_answer"), "the step was kept");
    assertEquals(model.requests.length, 1);

    const next = await scene.service();
    const done = await scene.completed("t1");
    await scene.completed("t2");
    assertEquals(done.result, "It is 42.");
    assertEquals([done.run, done.attempt, done.interruptions], [1, 1, 0]);
    // Its first answer was not asked for again: one more call for it, two for the other task.
    assertEquals(model.requests.length, 4);
    next.kill(signal);
    assertEquals((await end(next)).code, 0);
  });
}

Deno.test("a signal given twice within half a second counts as one", async () => {
  const gate = new Gate();
  await using model = await calculating(gate);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  const service = await scene.service();
  scene.submit("t1", { prompt: "What is 6*7?" });
  await soon("the model call", gate.reached);
  service.kill("SIGINT");
  // Two at once would be one to the kernel already; the log line comes within milliseconds.
  await soon("the stop", service.seen(/stopping: /, "stderr"));
  service.kill("SIGINT");
  gate.release();
  assertEquals((await end(service)).code, 0);
  assertEquals([scene.ids("pending"), scene.ids("running")], [["t1"], []]);
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`a second ${signal} leaves at once with ${code}, and the next start takes the task up`, async () => {
    const gate = new Gate();
    await using model = await calculating(gate);
    await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
    const service = await scene.service();
    scene.submit("t1", { prompt: "What is 6*7?" });
    await soon("the model call", gate.reached);
    service.kill(signal);
    await soon("the stop", service.seen(/stopping: /, "stderr"));
    await timePassed(A_SECOND_SIGNAL_MS);
    service.kill(signal);
    assertEquals((await end(service)).code, code);
    assertEquals(scene.ids("running"), ["t1"]);
    gate.release();

    await scene.service();
    const done = await scene.completed("t1");
    assertEquals(done.result, "It is 42.");
    assertEquals([done.attempt, done.interruptions], [1, 1]);
    assertEquals(scene.notifications("c1"), ["t1-completed.json"]);
  });
}

Deno.test("a model call that outlasts the grace period is broken off, and the task put back", async () => {
  const gate = new Gate();
  await using model = await calculating(gate);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  const service = await scene.service(["--grace", "0.2"]);
  scene.submit("t1", { prompt: "What is 6*7?" });
  const asked = await soon("the model call", model.request(1));
  service.kill("SIGTERM");
  const { code, stderr } = await end(service);
  assertEquals(code, 0);
  assertStringIncludes(stderr, "has stopped");
  assertEquals([scene.ids("pending"), scene.ids("running")], [["t1"], []]);
  const outcomes = scene.record("pending", "t1")?.attempts?.map(({ outcome }) => outcome);
  assertEquals(outcomes, ["interrupted"]);
  gate.release();
  assertEquals(await soon("the end of the call", asked.closed), "disconnected");
});

Deno.test("a service that is told to stop while it starts leaves with 0", async () => {
  await using scene = await Scene.open({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
  const service = scene.start("background", []);
  // Its directories are made right after it has begun to listen for signals.
  await eventually("a service that starts", () => scene.has("tmp"));
  service.kill("SIGTERM");
  assertEquals((await end(service)).code, 0);
  assertEquals(scene.names("services"), []);
});

Deno.test("one Ctrl-C on `deno task background` stops it in order", async () => {
  const gate = new Gate();
  await using model = await calculating(gate);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  // A terminal signals the whole group: `deno task` and, by itself and through it, the service.
  const child = new Deno.Command("deno", {
    args: ["task", "-q", "background", "--dir", scene.directory, "--grace", "0.3"],
    cwd: PROJECT,
    env: { OPENAI_BASE_URL: model.base_url, TOOLS_FILE: `${scene.root}/tools.json` },
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await eventually("a service", () => scene.names("services").length === 1);
    scene.submit("t1", { prompt: "What is 6*7?" });
    await soon("the model call", gate.reached);
    Deno.kill(-child.pid, "SIGINT");
    const { code } = await soon("the end of the task", child.status);
    assertEquals(code, 0);
    assertEquals([scene.ids("pending"), scene.ids("running")], [["t1"], []]);
    const outcomes = scene.record("pending", "t1")?.attempts?.map(({ outcome }) => outcome);
    assertEquals(outcomes, ["interrupted"]);
    assertEquals(scene.names("services"), []);
  } finally {
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    gate.release();
    await child.status;
  }
});
