/** A service is killed or told to stop, and the next one goes on from the last finished step. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, type ModelServer, type Script, startModelServer } from "../support/model_server.ts";
import type { Program } from "../support/program.ts";
import { copyProjectWithMarks, type ProjectCopy } from "../support/project_copy.ts";
import { end, Scene } from "../support/scene.ts";
import { lastMessage } from "../support/two_models.ts";

interface Setting {
  readonly scene: Scene;
  readonly model: ModelServer;
}

interface Mark {
  readonly text: string;
  readonly idempotency_key: string;
  readonly pid: number;
}

/** One copy for all: Deno compiles each file of it only once. */
let project: ProjectCopy;
Deno.test.beforeAll(async () => {
  project = await copyProjectWithMarks();
});
Deno.test.afterAll(() => project.remove());

async function withModel(script: Script, test: (setting: Setting) => Promise<void>) {
  await using model = await startModelServer(script);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url }, {
    project: project.directory,
  });
  await test({ scene, model });
}

async function kill(service: Program): Promise<void> {
  service.kill("SIGKILL");
  await service.ended;
}

/** Lets the calls with this text come to their end. */
function letGo(scene: Scene, text: string): void {
  Deno.writeTextFileSync(join(scene.root, "workspace", `go-${text}`), "");
}

function marks(scene: Scene): Mark[] {
  try {
    const text = Deno.readTextFileSync(join(scene.root, "workspace", "marks.txt"));
    return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function marked(scene: Scene, count: number): Promise<Mark[]> {
  return eventually(`${count} marks`, () => {
    const all = marks(scene);
    return all.length >= count && all;
  });
}

/** Whether a process is there and is no zombie. */
async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", `${pid}`] })
    .output();
  const stat = new TextDecoder().decode(stdout).trim();
  return stat !== "" && !stat.startsWith("Z");
}

function toolMessages(model: ModelServer): (string | null)[] {
  return model.requests.at(-1)!.body.messages
    .filter(({ role }) => role === "tool").map(({ content }) => content);
}

async function assertEndedOnce(scene: Scene, result: string): Promise<void> {
  const done = await scene.completed("t1");
  assertEquals(done.result, result);
  assertEquals(scene.notifications("c1"), ["t1-completed.json"]);
  assertEquals([scene.ids("pending"), scene.ids("running")], [[], []]);
  const outcomes = done.attempts?.map(({ attempt, outcome }) => [attempt, outcome]);
  assertEquals(outcomes, [[1, "crashed"], [1, "completed"]]);
}

Deno.test("killed in a model call: it alone is asked again, with all that was done before", async () => {
  const held = new Gate();
  await withModel((request) => {
    if (lastMessage(request).role !== "tool") {
      return { tool_calls: [{ name: "mark_none", arguments: { text: "a" } }] };
    }
    return request.number === 2 ? { gate: held, text: "never read" } : { text: "done" };
  }, async ({ scene, model }) => {
    const first = await scene.service();
    letGo(scene, "a");
    scene.submit("t1", { prompt: "Mark a" });
    await soon("the second model call", held.reached);
    await kill(first);
    assertEquals(scene.ids("running"), ["t1"]);
    await scene.service();
    await assertEndedOnce(scene, "done");
    held.release();
    assertEquals(marks(scene).length, 1);
    assertEquals(model.requests.length, 3);
    // All but the system prompt, which tells the time.
    const [, second, third] = model.requests.map(({ body }) => body.messages.slice(1));
    assertEquals(third, second);
  });
});

Deno.test("killed between the ends of two tools: the finished one is not run again", async () => {
  const calls = ["a", "b"].map((text) => ({ name: "mark_none", arguments: { text } }));
  await withModel([{ tool_calls: calls }, { text: "done" }], async ({ scene, model }) => {
    const first = await scene.service();
    letGo(scene, "a");
    scene.submit("t1", { prompt: "Mark a and b" });
    await marked(scene, 2);
    await eventually(
      "the end of one of them in the journal",
      () => scene.journal("t1").some(({ type }) => type === "tool_finished"),
    );
    await kill(first);
    letGo(scene, "b");
    await scene.service();
    await assertEndedOnce(scene, "done");
    assertEquals(marks(scene).map(({ text }) => text).sort(), ["a", "b", "b"]);
    assertEquals(model.requests.length, 2);
    assertEquals(toolMessages(model), ["marked a", "marked b"]);
  });
});

for (const effects of ["none", "idempotent"] as const) {
  Deno.test(`killed in a tool with effects "${effects}": the call is repeated with the same key`, async () => {
    const script = [
      { tool_calls: [{ name: `mark_${effects}`, arguments: { text: "a" } }] },
      { text: "done" },
    ];
    await withModel(script, async ({ scene, model }) => {
      const first = await scene.service();
      scene.submit("t1", { prompt: "Mark a" });
      await marked(scene, 1);
      await kill(first);
      await scene.service();
      const [before, after] = await marked(scene, 2);
      letGo(scene, "a");
      await assertEndedOnce(scene, "done");
      assertEquals(marks(scene).length, 2);
      assertEquals(after?.idempotency_key, before?.idempotency_key);
      assertEquals(
        before?.idempotency_key,
        `t1/1/${
          model.requests[1]!.body.messages[2]!
            .tool_calls![0]!.id
        }`,
      );
      assertEquals(model.requests.length, 2);
      assertEquals(toolMessages(model), ["marked a"]);
    });
  });
}

Deno.test('killed in a tool with effects "once": it is not repeated, and the model is told so', async () => {
  const script = [
    { tool_calls: [{ name: "mark_once", arguments: { text: "a" } }] },
    { text: "I do not know whether it worked." },
  ];
  await withModel(script, async ({ scene, model }) => {
    const first = await scene.service();
    scene.submit("t1", { prompt: "Mark a" });
    await marked(scene, 1);
    await kill(first);
    letGo(scene, "a");
    await scene.service();
    await assertEndedOnce(scene, "I do not know whether it worked.");
    assertEquals(marks(scene).length, 1);
    assertEquals(model.requests.length, 2);
    assertStringIncludes(toolMessages(model)[0] ?? "", "its outcome is unknown");
  });
});

Deno.test("told to stop in a tool: the call comes to its end, and is not made again", async () => {
  const script = [
    { tool_calls: [{ name: "mark_once", arguments: { text: "a" } }] },
    { text: "done" },
  ];
  await withModel(script, async ({ scene, model }) => {
    const first = await scene.service();
    scene.submit("t1", { prompt: "Mark a" });
    await marked(scene, 1);
    first.kill("SIGTERM");
    await soon("the stop", first.seen(/stopping: /, "stderr"));
    letGo(scene, "a");
    assertEquals((await end(first)).code, 0);
    assertEquals([scene.ids("pending"), scene.ids("running")], [["t1"], []]);
    await scene.service();
    assertEquals((await scene.completed("t1")).result, "done");
    assertEquals(marks(scene).length, 1);
    assertEquals(toolMessages(model), ["marked a"]);
  });
});

Deno.test('told to stop in a "once" tool that outlasts the grace period: its outcome is unknown', async () => {
  const script = [
    { tool_calls: [{ name: "mark_once", arguments: { text: "a" } }] },
    { text: "I do not know." },
  ];
  await withModel(script, async ({ scene, model }) => {
    const first = await scene.service(["--grace", "0.2"]);
    scene.submit("t1", { prompt: "Mark a" });
    const [mark] = await marked(scene, 1);
    first.kill("SIGTERM");
    assertEquals((await end(first)).code, 0);
    assert(!await isAlive(mark!.pid), "the tool outlived its service");
    assertEquals([scene.ids("pending"), scene.ids("running")], [["t1"], []]);
    await scene.service();
    assertEquals((await scene.completed("t1")).result, "I do not know.");
    assertEquals(marks(scene).length, 1);
    assertStringIncludes(toolMessages(model)[0] ?? "", "its outcome is unknown");
  });
});

Deno.test("killed while a tool loops: its process is gone before the task runs again", async () => {
  const script = [
    { tool_calls: [{ name: "mark_none", arguments: { text: "a" } }] },
    { text: "done" },
  ];
  await withModel(script, async ({ scene }) => {
    const first = await scene.service();
    const loop = join(scene.root, "workspace", "loop");
    Deno.writeTextFileSync(loop, "");
    scene.submit("t1", { prompt: "Mark a" });
    const [looping] = await marked(scene, 1);
    await kill(first);
    Deno.removeSync(loop);
    await scene.service();
    const [, again] = await marked(scene, 2);
    assertNotEquals(again?.pid, looping?.pid);
    assert(!await isAlive(looping!.pid), "the old process still runs");
    letGo(scene, "a");
    await assertEndedOnce(scene, "done");
  });
});

Deno.test("a task that takes four services down with it is given up", async () => {
  await withModel(() => ({ hang: "before" }), async ({ scene, model }) => {
    scene.submit("t1", { prompt: "Take it down" });
    for (let death = 1; death <= 4; death++) {
      const service = await scene.service();
      await soon(`model call ${death}`, model.request(death));
      await kill(service);
    }
    await scene.service();
    const failed = await scene.failed("t1");
    assertEquals(failed.error?.code, "service_crashed");
    assertEquals(scene.notifications("c1"), ["t1-failed.json"]);
    assertEquals(model.requests.length, 4);
  });
});
