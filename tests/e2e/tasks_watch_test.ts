/** `tasks watch` as a program: JSON lines, a screen, a closed pipe, and how it ends. */
import { assert, assertEquals } from "@std/assert";
import { startModelServer } from "../support/model_server.ts";
import { denoArgs, PROJECT, startProgram } from "../support/program.ts";
import { Pty } from "../support/pty.ts";
import { end, type Json, Scene } from "../support/scene.ts";

/** One line for each change: states, and the steps' types. */
function changes(stdout: string): string[] {
  return stdout.trimEnd().split("\n").map((line) => {
    const { event, id, from, to, entry, tool } = JSON.parse(line) as Json & { entry?: Json };
    if (event === "state") return `${id}: ${from} → ${to}`;
    return `${id}: ${entry?.["type"]}${tool === null ? "" : ` ${tool}`}`;
  });
}

Deno.test("tasks watch --json of ids prints every change and step, and ends when they have ended", async () => {
  const call = { name: "calculate", arguments: '{"expression":"1+1"}' };
  await using model = await startModelServer([{ tool_calls: [call] }, { text: "2" }]);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  scene.submit("t1", { prompt: "What is 1+1?", title: "Sum" });
  const watching = scene.start("tasks", ["watch", "t1", "--json"]);
  await watching.seen(/"to":"pending"/, "stdout");
  await scene.service();
  const { code, stdout } = await end(watching);
  assertEquals(code, 0);
  assertEquals(changes(stdout), [
    "t1: null → pending",
    "t1: pending → running",
    "t1: attempt_started",
    "t1: model_answer",
    "t1: tool_started calculate",
    "t1: tool_finished calculate",
    "t1: model_answer",
    "t1: attempt_ended",
    "t1: running → completed",
  ]);
  const [first] = stdout.split("\n").map((line) => line && JSON.parse(line));
  assertEquals(Object.keys(first), ["at", "event", "id", "conversation_id", "title", "from", "to"]);
  assertEquals([first.title, first.conversation_id], ["Sum", "c1"]);
});

Deno.test("tasks watch has the exit codes of wait: failed, cancelled, unknown, Ctrl-C", async () => {
  await using scene = await Scene.open();
  scene.submit("t1", { prompt: "p", run_at: "2999-01-01T00:00:00.000Z" });
  const cancelled = scene.start("tasks", ["watch", "t1", "none-such"]);
  await cancelled.seen(/pending/, "stdout");
  await scene.tasks(["cancel", "t1"]);
  const both = await end(cancelled);
  assertEquals(both.code, 1);
  assert(both.stderr.includes('error: There is no task "none-such"; see tasks list\n'));
  assertEquals((await scene.tasks(["watch", "t1"])).code, 5);
  const unknown = await scene.tasks(["watch", "none-such"]);
  assertEquals([unknown.code, unknown.stdout], [1, ""]);
  const all = scene.start("tasks", ["watch"]);
  await all.seen(/Watching; 0 running and 0 pending\. Ctrl-C ends it\./, "stderr");
  all.kill("SIGINT");
  assertEquals((await end(all)).code, 130);
});

Deno.test("tasks watch ends quietly when nobody reads it any more", async () => {
  await using scene = await Scene.open();
  scene.submit("t1", { prompt: "p", run_at: "2999-01-01T00:00:00.000Z" });
  const { promise, resolve } = Promise.withResolvers<void>();
  const pipe = ["sh", "-c", '"$@" --json | { read line; echo "read $line"; }', "sh"];
  const watching = startProgram("tasks", ["watch", "--dir", scene.directory], {
    under: pipe,
    env: { NO_COLOR: "1" },
    onLine: (line) => line.startsWith("read ") && resolve(),
  });
  await promise;
  // The next change finds the pipe closed.
  await scene.tasks(["cancel", "t1"]);
  const { code, stderr } = await end(watching);
  assertEquals([code, stderr.includes("error")], [0, false]);
});

Deno.test("tasks watch at a terminal is a line a change, no wider than it", async () => {
  const place = "Llanfairpwllgwyngyll";
  await using model = await startModelServer([{ text: `Nothing is known of ${place}. 天気 👩‍👩‍👧` }]);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  scene.submit("t1", { prompt: `Weather in ${place}` });
  await using pty = new Pty({
    command: ["deno", ...denoArgs("tasks"), "watch", "t1", "--dir", scene.directory],
    cwd: PROJECT,
    columns: 60,
    env: { NO_COLOR: "1" },
  });
  await pty.until("t1  ○ pending");
  await scene.service();
  assertEquals(await pty.exitCode(), 0);
  const lines = pty.screen().filter((line) => /^\d\d:/.test(line));
  const plain = lines.map((line) => line.slice(10).replaceAll(/\d+\.\ds/g, "0.0s"));
  assertEquals(plain, [
    "t1  ○ pending, Weather in Llanfairpwllgwyngyll",
    "t1  pending → ● running, Weather in Llanfairpwll…",
    "t1    answer 1 (0.0s)",
    "t1  running → ✓ completed after 0.0s, Weather in…",
  ]);
});
