/** The workflow of the product in its seven steps, and what a single turn of main gives back. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, type ModelServer, startModelServer } from "../support/model_server.ts";
import { end, Scene, stop } from "../support/scene.ts";
import {
  lastMessage,
  parts,
  promptOf,
  questionOf,
  schedules,
  twoModels,
} from "../support/two_models.ts";
import { startWeatherServer, type WeatherServer } from "../support/weather_server.ts";

const NO_SERVICE =
  "No background service is running, so tasks will wait; start one with: deno task background\n";
const REQUEST = "check the weather in Oslo in the background";

/** A scene whose weather comes from a stand-in. */
async function weatherScene(model: ModelServer, weather: WeatherServer): Promise<Scene> {
  const settings = { geocoding_url: weather.url, forecast_url: weather.url };
  const allow = { net: [new URL(weather.url).host] };
  return await Scene.open(twoModels(model.base_url), {
    tools: { get_weather: { settings, allow } },
  });
}

Deno.test("the seven steps of the workflow, each seen on disk", async () => {
  const gate = new Gate();
  await using model = await startModelServer(parts({
    chat: (request) => {
      if (questionOf(request) === "And?") return { text: "It is fine there." };
      return schedules(request);
    },
    worker: (request) => {
      const last = lastMessage(request);
      if (last.role === "tool") return { text: `Oslo today: ${last.content}` };
      return { gate, tool_calls: [{ name: "get_weather", arguments: { place: "Oslo" } }] };
    },
  }));
  const weather = startWeatherServer();
  await using scene = await weatherScene(model, weather);
  try {
    // 1, 2: the person asks; main writes a request and is done, with a hint that nobody works yet.
    const asked = await scene.main(["--conversation", "c1", "--message", REQUEST, "--json"]);
    assertEquals(asked.code, 0, asked.stderr);
    assertEquals(asked.stderr, NO_SERVICE);
    const [id = "none"] = scene.ids("pending");
    assertEquals(JSON.parse(asked.stdout), {
      conversation_id: "c1",
      reply: "I have handed that over.",
      tasks: [{ id, title: "A task", state: "pending" }],
      notifications: [],
    });
    const pending = scene.record("pending", id);
    assert(pending !== undefined);
    assertEquals(pending, {
      version: 1,
      priority: 0,
      max_attempts: 3,
      timeout_seconds: 600,
      max_steps: 30,
      conversation_id: "c1",
      title: "A task",
      prompt: REQUEST,
      id,
      created_at: pending.created_at,
    });

    // 3: the service takes it.
    const service = await scene.service();
    await soon("the model call", gate.reached);
    const running = scene.record("running", id);
    assertEquals(running?.pid, service.pid);
    assertEquals(scene.names("services"), [`${running?.service_id}.json`]);
    assertEquals([running?.run, running?.attempt, running?.interruptions], [1, 1, 0]);
    assertEquals(scene.ids("pending"), []);
    assertEquals(scene.journal(id).map(({ type }) => type), [
      "journal_started",
      "attempt_started",
    ]);

    // 4, 5: it works with its model and its tools, and keeps the result.
    gate.release();
    const completed = await scene.completed(id);
    assertMatch(completed.result ?? "", /^Oslo today: Weather in Oslo, Oslo County, Norway/);
    assertEquals(completed.artifacts, []);
    assertEquals(completed.attempts?.map(({ outcome }) => outcome), ["completed"]);
    assertEquals([completed.usage?.model_calls, completed.usage?.tool_calls], [2, 1]);
    assertEquals(completed.usage?.estimated, false);
    assertEquals(weather.requests.map(({ path }) => path), ["/v1/search", "/v1/forecast"]);
    assertEquals(scene.ids("running"), []);

    // 6: it writes a notification.
    const name = `${id}-completed.json`;
    const notification = scene.read(`notifications/c1/${name}`);
    assertEquals(notification, {
      version: 1,
      id: `${id}-completed`,
      conversation_id: "c1",
      task_id: id,
      event: "completed",
      title: "A task",
      message: completed.result,
      summary: completed.summary,
      created_at: completed.finished_at,
    });

    // 7: main shows it, tells its model, and files it under read/.
    const shown = await scene.main(["--conversation", "c1", "--message", "And?", "--json"]);
    assertEquals([shown.code, shown.stderr], [0, ""]);
    assertEquals(JSON.parse(shown.stdout), {
      conversation_id: "c1",
      reply: "It is fine there.",
      tasks: [],
      notifications: [notification],
    });
    assertEquals(scene.names("notifications/c1"), ["read"]);
    assertEquals(scene.read(`notifications/c1/read/${name}`), notification);
    const told = model.requests.at(-1)!.body.messages.slice(-3);
    assertEquals(told.map(({ role }) => role), ["user", "assistant", "tool"]);
    assertStringIncludes(told[2]?.content ?? "", "Weather in Oslo, Oslo County, Norway");

    assertEquals((await stop(service)).code, 0);
    assertEquals(scene.names("services"), []);
  } finally {
    await weather.close();
  }
});

Deno.test("main --wait stays until its tasks have ended, shows their notifications and leaves with 0", async () => {
  await using model = await startModelServer(parts({
    chat: schedules,
    worker: () => ({ text: "The answer is 42." }),
  }));
  await using scene = await Scene.open(twoModels(model.base_url));
  await scene.service();
  const waited = await scene.main(["--conversation", "c1", "--message", "work", "--wait=20"]);
  assertEquals([waited.code, waited.stderr], [0, ""]);
  const [id = "none"] = scene.ids("completed");
  assertEquals(
    waited.stdout,
    `I have handed that over.\n✓ A task (${id.slice(-6)})\n  The answer is 42.\n`,
  );
  assertEquals(scene.names("notifications/c1/read"), [`${id}-completed.json`]);

  const json = await scene.main(["--message", "work", "--wait=20", "--json"]);
  const report = JSON.parse(json.stdout);
  assertEquals(Object.keys(report), ["conversation_id", "reply", "tasks", "notifications"]);
  assertEquals(report.tasks.map((task: { state: string }) => task.state), ["completed"]);
  assertEquals(report.notifications.map((n: { message: string }) => n.message), [
    "The answer is 42.",
  ]);
  assert(report.conversation_id !== "c1", "a turn without --conversation opens a new one");
});

Deno.test("main --wait leaves with 4 when a task failed, 5 when it was cancelled, 124 when it takes too long", async () => {
  const held = new Gate();
  await using model = await startModelServer(parts({
    chat: schedules,
    worker: (request) =>
      promptOf(request) === "fail"
        ? { status: 400, body: { error: { message: "no such thing" } } }
        : { text: "too late", gate: held },
  }));
  await using scene = await Scene.open(twoModels(model.base_url));
  await scene.service();
  const failed = await scene.main(["--conversation", "c1", "--message", "fail", "--wait"]);
  assertEquals(failed.code, 4, failed.stderr);
  assertMatch(failed.stdout, /✗ A task .*\n.*no such thing/);

  const late = await scene.main(["--conversation", "c1", "--message", "hold", "--wait=0.3"]);
  assertEquals(late.code, 124);
  assertEquals(
    late.stderr,
    "error: Waited 0.3 s, and not every task has ended; they go on\n",
  );
  const [id = "none"] = scene.ids("running");

  const cancelled = scene.start("main", ["--conversation", "c2", "--message", "hold", "--wait"]);
  const other = await eventually(
    "a second task in running/",
    () => scene.ids("running").find((each) => each !== id),
  );
  assertEquals((await scene.tasks(["cancel", other])).code, 0);
  assertEquals((await end(cancelled)).code, 5);
  assertEquals((await scene.tasks(["cancel", id])).code, 0);
  held.release();
});

Deno.test("main reads its message from standard input, and --continue goes on with the last conversation", async () => {
  await using model = await startModelServer(parts({ worker: () => ({ text: "unused" }) }));
  await using scene = await Scene.open(twoModels(model.base_url));
  const first = await scene.main(["--conversation", "c1"], { stdin: "from a pipe\n" });
  assertEquals([first.code, first.stdout], [0, "ok\n"]);
  const second = await scene.main(["--continue", "--message", "-"], { stdin: "and on" });
  assertEquals(second.code, 0, second.stderr);
  const said = model.requests.at(-1)!.body.messages
    .filter(({ role }) => role === "user").map(({ content }) => content);
  assertEquals(said, ["from a pipe", "and on"]);
});
