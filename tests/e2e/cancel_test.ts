/** The operator's hand: cancel, wait and retry on tasks in every state. */
import { assert, assertEquals } from "@std/assert";
import { soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { end, Scene } from "../support/scene.ts";
import { lastMessage, promptOf } from "../support/two_models.ts";

Deno.test("a pending task is cancelled at once, without any service", async () => {
  await using scene = await Scene.open();
  scene.submit("t1", { prompt: "hi", title: "Say hi" });
  const { code, stdout, stderr } = await scene.tasks(["cancel", "t1"]);
  assertEquals([code, stdout, stderr], [0, "Cancelled t1\n", ""]);
  const failed = scene.record("failed", "t1");
  assertEquals(failed?.error, {
    code: "cancelled",
    message: "The task was cancelled.",
    attempt: 1,
  });
  assertEquals(scene.notifications("c1"), ["t1-failed.json"]);
  assertEquals([scene.ids("pending"), scene.ids("running")], [[], []]);

  const again = await scene.tasks(["cancel", "t1"]);
  assertEquals([again.code, again.stdout, again.stderr], [
    1,
    "",
    'error: Cannot cancel task "t1": it is failed; it has ended already\n',
  ]);
  const unknown = await scene.tasks(["cancel", "nobody"]);
  assertEquals([unknown.code, unknown.stderr], [
    1,
    'error: There is no task "nobody"; see tasks list\n',
  ]);
});

Deno.test("a running task is cancelled in the middle of its model call, and whoever waits leaves with 5", async () => {
  const gate = new Gate();
  await using model = await startModelServer(() => ({ gate, text: "too late" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  await scene.service();
  scene.submit("t1", { prompt: "hi" });
  const asked = await soon("the model call", model.request(1));
  const waiting = scene.start("tasks", ["wait", "t1", "--json"]);
  const cancelled = await scene.tasks(["cancel", "t1", "--json"]);
  assertEquals(cancelled.code, 0, cancelled.stderr);
  const [task] = JSON.parse(cancelled.stdout);
  assertEquals([task.id, task.state, task.error.code], ["t1", "failed", "cancelled"]);
  const waited = await end(waiting);
  assertEquals([waited.code, JSON.parse(waited.stdout)[0].id], [5, "t1"]);
  gate.release();
  assertEquals(await soon("the end of the call", asked.closed), "disconnected");
  const failed = await scene.failed("t1");
  assertEquals(failed.attempts?.map(({ outcome }) => outcome), ["cancelled"]);
  assertEquals(scene.notifications("c1"), ["t1-failed.json"]);
  assertEquals(scene.names("control/cancel"), []);
});

Deno.test("wait leaves with 0, 4, 5 or 124 after what became of the tasks", async () => {
  const gate = new Gate();
  await using model = await startModelServer((request) => {
    const prompt = promptOf(request);
    if (prompt === "fail") return { status: 400, body: { error: { message: "no" } } };
    return prompt === "hold" ? { gate, text: "late" } : { text: "done" };
  });
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  await scene.service();
  for (const prompt of ["fine", "fail", "hold"]) scene.submit(prompt, { prompt });
  const far = new Date(Date.now() + 3_600_000).toISOString();
  scene.submit("far", { prompt: "far", run_at: far });
  assertEquals((await scene.tasks(["cancel", "far"])).code, 0);
  const codes = await Promise.all([
    scene.tasks(["wait", "fine"]),
    scene.tasks(["wait", "fine", "far"]),
    scene.tasks(["wait", "far", "fail", "fine"]),
    scene.tasks(["wait", "fine", "hold", "--timeout", "1.5"]),
    scene.tasks(["wait", "nobody"]),
  ]);
  assertEquals(codes.map(({ code }) => code), [0, 5, 4, 124, 1]);
  assertEquals(codes[3]?.stderr, "error: Waited 1.5 s, and these tasks have not ended: hold\n");
  assertEquals(codes[4]?.stderr, 'error: There is no task "nobody"; see tasks list\n');
  gate.release();
});

Deno.test("retry sends a failed task on from its journal, with --fresh from the beginning", async () => {
  let broken = true;
  await using model = await startModelServer((request) => {
    if (lastMessage(request).role !== "tool") {
      return { tool_calls: [{ name: "calculate", arguments: { expression: "6*7" } }] };
    }
    return broken ? { status: 400, body: { error: { message: "no" } } } : { text: "It is 42." };
  });
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  await scene.service();
  scene.submit("t1", { prompt: "What is 6*7?" });
  await scene.failed("t1");
  assertEquals(model.requests.length, 2);

  broken = false;
  const retried = await scene.tasks(["retry", "t1"]);
  assertEquals([retried.code, retried.stdout], [0, "Sent back to pending: t1\n"]);
  const done = await scene.completed("t1");
  assertEquals([done.run, done.attempt, done.result], [2, 1, "It is 42."]);
  // Only the call that had been refused is made again.
  assertEquals(model.requests.length, 3);
  assertEquals(scene.notifications("c1"), ["t1-completed-2.json", "t1-failed.json"]);

  const refused = await scene.tasks(["retry", "t1"]);
  assertEquals([refused.code, refused.stderr], [
    1,
    'error: Cannot retry task "t1": it is completed; only failed tasks can be retried, ' +
    "completed ones with --fresh\n",
  ]);
  assertEquals((await scene.tasks(["retry", "t1", "--fresh"])).code, 0);
  assertEquals((await scene.tasks(["wait", "t1", "--timeout", "20"])).code, 0);
  const fresh = scene.record("completed", "t1");
  assertEquals(fresh?.run, 3);
  assert(fresh?.incarnation !== done.incarnation, "a fresh run has a journal of its own");
  assertEquals(model.requests.length, 5);
});

Deno.test("an id that exists is added once: the same command again changes nothing", async () => {
  await using scene = await Scene.open();
  const add = () => scene.tasks(["add", "--id", "t1", "--prompt", "hi", "--json"]);
  const first = await add();
  assertEquals([first.code, JSON.parse(first.stdout)], [0, {
    id: "t1",
    state: "pending",
    created: true,
  }]);
  const before = scene.record("pending", "t1");
  const second = await add();
  assertEquals([second.code, JSON.parse(second.stdout)], [0, {
    id: "t1",
    state: "pending",
    created: false,
  }]);
  assertEquals(scene.record("pending", "t1"), before);
});
