import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { runAgent } from "../../../lib/agent/run_agent.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import { fixture } from "./agent_fixture.ts";
import { Gate } from "../../support/gate.ts";
import { FakeToolbox, untilAborted } from "./fake_toolbox.ts";
import { JournalDied, MemoryJournal } from "./memory_journal.ts";
import type { ModelRequest } from "../../../lib/model/model.ts";

const DONE = { text: "The answer is 42." };

function toolTexts(request: ModelRequest | undefined): string[] {
  return (request?.messages ?? []).filter((m) => m.role === "tool").map((m) => m.content ?? "");
}

Deno.test("runAgent() answers without tools and journals the attempt around the answer", async () => {
  const { run, journal, model } = fixture({ model: [DONE] });
  assertEquals(await runAgent(run), {
    kind: "completed",
    result: "The answer is 42.",
    artifacts: [],
    usage: {
      input_tokens: 10,
      output_tokens: 5,
      model_calls: 1,
      tool_calls: 0,
      estimated: false,
    },
  });
  assertEquals(journal.story, ["attempt_started", "model_answer 1", "attempt_ended completed"]);
  assertEquals(model.requests[0]?.messages.map((message) => message.role), ["system", "user"]);
  assertEquals(model.requests[0]?.messages[1]?.content, "Find out.");
});

Deno.test("runAgent() journals the answer before a tool starts and its start before its code", async () => {
  const journal = new MemoryJournal();
  let storyInTool: string[] = [];
  const toolbox = new FakeToolbox({
    look: { run: () => (storyInTool = journal.story, "a cat") },
  });
  let storyAtModel: string[] = [];
  const { run, model } = fixture({
    journal,
    toolbox,
    model: [
      { calls: [["a", "look", { at: "it" }]] },
      () => (storyAtModel = journal.story, DONE),
    ],
  });
  await runAgent(run);
  assertEquals(storyInTool, ["attempt_started", "model_answer 1", "tool_started 1/a"]);
  assertEquals(storyAtModel, [...storyInTool, "tool_finished 1/a"]);
  const started = journal.of("tool_started")[0];
  assertEquals(
    [started?.name, started?.arguments, started?.effects, started?.pid, started?.instance],
    ["look", '{"at":"it"}', "none", 4711, "fake"],
  );
  assertEquals(toolbox.ran[0]?.args, { at: "it" });
  assertEquals(toolbox.ran[0]?.idempotency_key, "task-1/1/a");
  assertEquals(toolbox.ran[0]?.conversation_id, "c1");
  assertEquals(model.requests[1]?.messages.slice(2).map((message) => message.role), [
    "assistant",
    "tool",
  ]);
  assertEquals(toolTexts(model.requests[1]), ["a cat"]);
});

Deno.test("runAgent() runs the calls of one answer in parallel, eight at a time", async () => {
  const waiting: (() => void)[] = [];
  const toolbox = new FakeToolbox({
    slow: {
      run: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve("ok"));
          // All eight are let go together, the rest one by one.
          if (waiting.length >= 8) { for (const go of waiting.slice(-8)) go(); }
        }),
    },
  });
  const calls = Array.from({ length: 12 }, (_, i) => [`c${i}`, "slow", { i }] as const);
  const { run, model } = fixture({ toolbox, model: [{ calls }, DONE] });
  assertEquals((await runAgent(run)).kind, "completed");
  assertEquals(toolbox.highest, 8);
  const told = model.requests[1]?.messages.filter((message) => message.role === "tool");
  assertEquals(told?.map((m) => m.role === "tool" && m.tool_call_id), calls.map(([id]) => id));
});

Deno.test("runAgent() offers the enabled tools that the task names and refuses the others", async () => {
  const toolbox = new FakeToolbox({
    look: {},
    hear: {},
    smell: { enabled: false, reason: 'needs "allow": {"net": ["nose"]} in tools.json' },
  });
  const { run, model } = fixture({
    toolbox,
    record: { tools: ["look", "smell", "taste"] },
    model: [{ calls: [["a", "hear", {}]] }, DONE],
  });
  await runAgent(run);
  assertEquals(model.requests[0]?.tools?.map((tool) => tool.name), ["look"]);
  assertEquals(toolbox.ran, []);
  assertEquals(toolTexts(model.requests[1]), [
    'Error: There is no tool "hear" for this task. Its tools are: look.',
  ]);
  const system = model.requests[0]?.messages[0]?.content ?? "";
  assertStringIncludes(
    system,
    'The tool "smell" is not available: needs "allow": {"net": ["nose"]} in tools.json.',
  );
  assertStringIncludes(
    system,
    'The tool "taste" is not available: this service has no tool of that name.',
  );
});

Deno.test("runAgent() tells the model when arguments are no JSON, and runs nothing", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, model, journal } = fixture({
    toolbox,
    model: [{ calls: [["a", "look", '{"at": "i'], ["b", "look", ""]] }, DONE],
  });
  await runAgent(run);
  const [broken, empty] = toolTexts(model.requests[1]);
  assertStringIncludes(broken ?? "", 'Error: The arguments of "look" are not JSON (');
  assertEquals(empty, "done");
  assertEquals(toolbox.keys, ["task-1/1/b"]);
  assertEquals(toolbox.ran[0]?.args, {});
  assertEquals(journal.of("tool_finished").length, 2);
});

Deno.test("runAgent() journals a call that never reaches a process as started and finished", async () => {
  const toolbox = new FakeToolbox({ look: { unreachable: "No process could be started." } });
  const { run, model, journal } = fixture({
    toolbox,
    model: [{ calls: [["a", "look", {}]] }, DONE],
  });
  await runAgent(run);
  assertEquals(journal.story.slice(2, 4), ["tool_started 1/a", "tool_finished 1/a"]);
  assertEquals(journal.of("tool_started")[0]?.pid, undefined);
  assertEquals(toolTexts(model.requests[1]), ["Error: No process could be started."]);
});

Deno.test("runAgent() makes repeated call ids within an answer unique before it journals them", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, model } = fixture({
    toolbox,
    model: [
      { calls: [["x", "look", { n: 1 }], ["x", "look", { n: 2 }], ["", "look", { n: 3 }]] },
      { calls: [["x", "look", { n: 4 }]] },
      DONE,
    ],
  });
  await runAgent(run);
  assertEquals(toolbox.keys.toSorted(), [
    "task-1/1/call_3",
    "task-1/1/x",
    "task-1/1/x_2",
    "task-1/2/x",
  ]);
  const ids = model.requests[2]?.messages.flatMap((m) => m.role === "tool" ? [m.tool_call_id] : []);
  assertEquals(ids, ["x", "x_2", "call_3", "x"]);
});

Deno.test("runAgent() counts the usage of its own run only", async () => {
  const earlier: JournalEntry[] = [
    {
      at: "2026-01-01T00:00:00.000Z",
      type: "attempt_started",
      run: 1,
      attempt: 1,
      service_id: "s",
    },
    {
      at: "2026-01-01T00:00:01.000Z",
      type: "model_answer",
      step: 1,
      message: { role: "assistant", content: "" },
      finish_reason: "stop",
      usage: { input_tokens: 1000, output_tokens: 1000, estimated: true },
      model: "m",
      duration_ms: 1,
    },
  ];
  const toolbox = new FakeToolbox({ look: {} });
  const { run, journal } = fixture({
    journal: earlier,
    toolbox,
    record: { run: 2, max_tokens: 100 },
    model: [{ calls: [["a", "look", {}], ["b", "nothing", {}]] }, DONE],
  });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(outcome.usage, {
    input_tokens: 20,
    output_tokens: 10,
    model_calls: 2,
    tool_calls: 2,
    estimated: false,
  });
  assertEquals(journal.of("model_answer").map((entry) => entry.step), [1, 2, 3]);
});

Deno.test("runAgent() keeps a long output whole as an artifact and shows the model both ends", async () => {
  const whole = "A".repeat(30_000) + "😀".repeat(10_000) + "Z".repeat(30_000);
  const toolbox = new FakeToolbox({ look: { run: () => whole } });
  const { run, model, journal, artifacts } = fixture({
    toolbox,
    model: [{ calls: [["a/../b", "look", {}]] }, DONE],
  });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(outcome.artifacts, ["step-1-1.txt"]);
  assertEquals(artifacts.files.get("step-1-1.txt"), whole);
  const [seen = ""] = toolTexts(model.requests[1]);
  assertEquals(seen, journal.of("tool_finished")[0]?.output);
  assert(seen.length > 15_000 && seen.length < 16_300, `${seen.length}`);
  assert(seen.startsWith("AAA") && seen.endsWith("ZZZ") && seen.isWellFormed());
  assertStringIncludes(
    seen,
    'of 80000 characters left out here; the whole is kept as the artifact "step-1-1.txt"',
  );
  assertEquals(journal.of("tool_finished")[0]?.artifacts, ["step-1-1.txt"]);
});

Deno.test("runAgent() keeps the files of two calls apart when they have one name", async () => {
  const toolbox = new FakeToolbox({
    draw: {
      run: async ({ onArtifact, args }) =>
        await onArtifact("chart.png", new TextEncoder().encode(JSON.stringify(args))),
    },
  });
  const { run, model, artifacts } = fixture({
    toolbox,
    model: [{ calls: [["a", "draw", 1], ["b", "draw", 2]] }, DONE],
  });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(outcome.artifacts, ["chart.png", "step-1-2-chart.png"]);
  assertEquals(artifacts.files.get("chart.png"), "1");
  assertEquals(artifacts.files.get("step-1-2-chart.png"), "2");
  assertEquals(toolTexts(model.requests[1]), ["chart.png", "step-1-2-chart.png"]);
});

Deno.test("runAgent() waits for a file that the tool did not wait for", async () => {
  const gate = new Gate();
  const toolbox = new FakeToolbox({
    draw: { run: ({ onArtifact }) => (onArtifact("late.txt", new Uint8Array()), "drawn") },
  });
  const { run, artifacts, journal } = fixture({
    toolbox,
    model: [{ calls: [["a", "draw", 1]] }, DONE],
  });
  const write = artifacts.write.bind(artifacts);
  artifacts.write = async (...args) => (await gate.pass(), await write(...args));
  const running = runAgent(run);
  await gate.reached;
  // Everything else here is done in microtasks: by now all has happened that is not held up.
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(journal.of("tool_finished"), []);
  gate.release();
  assertEquals((await running).kind, "completed");
  assertEquals(journal.of("tool_finished")[0]?.artifacts, ["late.txt"]);
});

Deno.test("runAgent() leaves a bad artifact name to the tool", async () => {
  const toolbox = new FakeToolbox({
    draw: { run: async ({ onArtifact }) => await onArtifact("../x", new Uint8Array()) },
  });
  const { run, model } = fixture({ toolbox, model: [{ calls: [["a", "draw", 1]] }, DONE] });
  assertEquals((await runAgent(run)).kind, "completed");
  assertStringIncludes(toolTexts(model.requests[1])[0] ?? "", 'no artifact\'s name: "../x"');
});

Deno.test("runAgent() keeps a result that no record can hold as result.md", async () => {
  const result = "First line.\n" + "é".repeat(250_000);
  const { run, artifacts } = fixture({ model: [{ text: result }] });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(artifacts.files.get("result.md"), result);
  assertEquals(outcome.artifacts, ["result.md"]);
  assert(outcome.result.length <= 200_000 && outcome.result.startsWith("First line.\néé"));
  assertStringIncludes(
    outcome.result,
    '[… 250012 characters in all; the whole is the artifact "result.md".]',
  );
});

Deno.test("runAgent() cuts a result further where the prompt leaves little room in the record", async () => {
  const { run } = fixture({
    record: { prompt: "\u0001".repeat(100_000), metadata: { note: "x".repeat(350_000) } },
    model: [{ text: "\u0002".repeat(150_000) }],
  });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  const bytes = JSON.stringify({ ...run.record, result: outcome.result }, null, 2).length;
  assert(bytes < 1024 * 1024 - 60_000, `${bytes}`);
  assertStringIncludes(outcome.result, 'the artifact "result.md"');
});

Deno.test("runAgent() asks the task's own model", async () => {
  const { run, model } = fixture({ record: { model: "big-one" }, model: [DONE] });
  await runAgent(run);
  assertEquals(model.requests[0]?.model, "big-one");
});

Deno.test("runAgent() throws what the journal throws, and the tool whose start is not durable never runs", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, journal } = fixture({
    journal: new MemoryJournal([], 2),
    toolbox,
    model: [{ calls: [["a", "look", {}], ["b", "look", {}]] }, DONE],
  });
  await assertRejects(() => runAgent(run), JournalDied, "the journal died");
  assertEquals(toolbox.ran, []);
  assertEquals(journal.story, ["attempt_started", "model_answer 1"]);
});

Deno.test("runAgent() breaks off the other tools when an entry cannot be journaled, and waits for them", async () => {
  // Eight run; the end of the first is the append that fails.
  const journal = new MemoryJournal([], 2 + 8);
  let ended = 0;
  const toolbox = new FakeToolbox({
    quick: {},
    slow: { run: async (call) => (await untilAborted()(call), ended++, "too late") },
  });
  const slow = Array.from({ length: 7 }, (_, i) => [`s${i}`, "slow", {}] as const);
  const later = Array.from({ length: 5 }, (_, i) => [`l${i}`, "quick", {}] as const);
  const { run } = fixture({
    journal,
    toolbox,
    model: [{ calls: [...slow, ["q", "quick", {}], ...later] }],
  });
  await assertRejects(() => runAgent(run), JournalDied);
  assertEquals(ended, 7);
  assertEquals(toolbox.ran.length, 8);
});

Deno.test("runAgent() keeps the tool's own file apart from its long output", async () => {
  const toolbox = new FakeToolbox({
    draw: {
      run: async ({ onArtifact }) => {
        await onArtifact("step-1-1.txt", new TextEncoder().encode("mine"));
        return "x".repeat(16_001);
      },
    },
  });
  const { run, artifacts } = fixture({ toolbox, model: [{ calls: [["a", "draw", 1]] }, DONE] });
  await runAgent(run);
  assertEquals(artifacts.files.get("step-1-1.txt"), "mine");
  assertEquals(artifacts.files.get("step-1-1-output-step-1-1.txt")?.length, 16_001);
});

Deno.test("runAgent() marks the usage as estimated when a part of it is", async () => {
  const { run, model } = fixture({ model: [{ text: "" }, DONE] });
  const complete = model.complete.bind(model);
  model.complete = async (request) => {
    const answer = await complete(request);
    const estimated = model.requests.length === 1;
    return { ...answer, usage: { ...answer.usage, estimated } };
  };
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(outcome.usage.estimated, true);
});

Deno.test("runAgent() throws an artifact that cannot be kept instead of blaming the tool", async () => {
  const toolbox = new FakeToolbox({
    draw: { run: async ({ onArtifact }) => await onArtifact("x.txt", new Uint8Array()) },
  });
  const { run, artifacts } = fixture({ toolbox, model: [{ calls: [["a", "draw", 1]] }, DONE] });
  artifacts.write = () => Promise.reject(new Error("No space left on device"));
  await assertRejects(() => runAgent(run), Error, "No space left on device");
});

Deno.test("runAgent() starts no other tool once an artifact could not be kept", async () => {
  const toolbox = new FakeToolbox({
    slow: { run: untilAborted() },
    draw: { run: async ({ onArtifact }) => await onArtifact("x.txt", new Uint8Array()) },
    quick: {},
  });
  const slow = Array.from({ length: 7 }, (_, i) => [`s${i}`, "slow", {}] as const);
  const later = Array.from({ length: 5 }, (_, i) => [`l${i}`, "quick", {}] as const);
  const { run, artifacts } = fixture({
    toolbox,
    model: [{ calls: [...slow, ["d", "draw", {}], ...later] }],
  });
  artifacts.write = () => Promise.reject(new Error("No space left on device"));
  await assertRejects(() => runAgent(run), Error, "No space left on device");
  assertEquals(toolbox.ran.some((call) => call.name === "quick"), false);
});

Deno.test("runAgent() throws what a model throws that is no ModelError", async () => {
  const { run } = fixture({ model: [new TypeError("a bug")] });
  await assertRejects(() => runAgent(run), TypeError, "a bug");
});
