import { assert, assertEquals } from "@std/assert";
import { runAgent } from "../../../lib/agent/run_agent.ts";
import { formatTime } from "../../../lib/task/time.ts";
import { Gate } from "../../support/gate.ts";
import { fixture } from "./agent_fixture.ts";
import { FakeToolbox, untilAborted } from "./fake_toolbox.ts";
import { hanging } from "./scripted_model.ts";

const DONE = { text: "Done." };
const CALL = { calls: [["a", "look", {}]] } as const;

Deno.test("runAgent() breaks off the model call when the task is cancelled", async () => {
  const { run, cancelled, journal } = fixture({ model: [hanging(() => cancelled.abort())] });
  const outcome = await runAgent(run);
  assertEquals(outcome.kind, "cancelled");
  assert(outcome.kind === "cancelled");
  assertEquals(outcome.usage.model_calls, 0);
  assertEquals(journal.story, ["attempt_started", "attempt_ended cancelled"]);
});

Deno.test("runAgent() breaks off running tools when the task is cancelled", async () => {
  const toolbox = new FakeToolbox({ look: { run: untilAborted(() => cancelled.abort()) } });
  const { run, cancelled, journal } = fixture({ toolbox, model: [CALL] });
  assertEquals((await runAgent(run)).kind, "cancelled");
  assertEquals(journal.story.slice(1), [
    "model_answer 1",
    "tool_started 1/a",
    "attempt_ended cancelled",
  ]);
});

Deno.test("runAgent() keeps the result that a tool had in spite of being aborted", async () => {
  const toolbox = new FakeToolbox({ look: { run: () => (cancelled.abort(), "in time") } });
  const { run, cancelled, journal } = fixture({ toolbox, model: [CALL] });
  assertEquals((await runAgent(run)).kind, "cancelled");
  assertEquals(journal.of("tool_finished")[0]?.output, "in time");
});

Deno.test("runAgent() asks nothing when the task was cancelled before it began", async () => {
  const { run, cancelled, model } = fixture({ model: [DONE] });
  cancelled.abort();
  assertEquals((await runAgent(run)).kind, "cancelled");
  assertEquals(model.requests.length, 0);
});

Deno.test("runAgent() lets the model call end and journals it when the service stops", async () => {
  const gate = new Gate();
  const toolbox = new FakeToolbox({ look: {} });
  const { run, stopping, journal } = fixture({
    toolbox,
    model: [async () => (await gate.pass(), CALL)],
  });
  const running = runAgent(run);
  await gate.reached;
  stopping.abort();
  gate.release();
  assertEquals(await running, { kind: "interrupted" });
  assertEquals(journal.story, [
    "attempt_started",
    "model_answer 1",
    "attempt_ended interrupted",
  ]);
  assertEquals(toolbox.ran, []);
});

Deno.test("runAgent() completes when the answer that the stopping service waited for is the last", async () => {
  const gate = new Gate();
  const { run, stopping } = fixture({ model: [async () => (await gate.pass(), DONE)] });
  const running = runAgent(run);
  await gate.reached;
  stopping.abort();
  gate.release();
  assertEquals((await running).kind, "completed");
});

Deno.test("runAgent() fails when the answer that the stopping service waited for leaves no way on", async () => {
  const gate = new Gate();
  const { run, stopping } = fixture({
    record: { max_steps: 1 },
    model: [async () => (await gate.pass(), CALL)],
  });
  const running = runAgent(run);
  await gate.reached;
  stopping.abort();
  gate.release();
  const outcome = await running;
  assert(outcome.kind === "failed");
  assertEquals(outcome.error.code, "step_limit");
});

Deno.test("runAgent() lets running tools end and starts no other when the service stops", async () => {
  const gate = new Gate();
  const toolbox = new FakeToolbox({ look: { run: async () => (await gate.pass(), "seen") } });
  const calls = Array.from({ length: 10 }, (_, i) => [`c${i}`, "look", {}] as const);
  const { run, stopping, journal } = fixture({ toolbox, model: [{ calls }] });
  const running = runAgent(run);
  await gate.reached;
  stopping.abort();
  gate.release();
  assertEquals(await running, { kind: "interrupted" });
  const finished = journal.of("tool_finished");
  assertEquals(finished.length, journal.of("tool_started").length);
  assert(finished.length > 0 && finished.length <= 8);
  assertEquals(finished.every((entry) => entry.output === "seen"), true);
});

Deno.test("runAgent() drops model call and tools when the grace period is over", async () => {
  const inModel = fixture({ model: [hanging(() => inModel.stopping.abort())] });
  const running = runAgent(inModel.run);
  inModel.abandon.abort();
  assertEquals(await running, { kind: "interrupted" });

  const toolbox = new FakeToolbox({ look: { run: untilAborted(() => inTool.abandon.abort()) } });
  const inTool = fixture({ toolbox, model: [CALL] });
  assertEquals(await runAgent(inTool.run), { kind: "interrupted" });
  assertEquals(inTool.journal.of("tool_finished"), [], "a resumed run takes the call up again");
});

Deno.test("runAgent() fails with timeout and breaks off the model call", async () => {
  const { run } = fixture({ record: { timeout_seconds: 0.02 }, model: [hanging()] });
  const outcome = await runAgent(run);
  assert(outcome.kind === "failed");
  assertEquals(outcome.error, {
    code: "timeout",
    message: "The task did not end within 0.02 seconds of running, its timeout_seconds. Retry it " +
      "to go on from where it is, or add it again with a higher one.",
  });
});

Deno.test("runAgent() fails with timeout and breaks off the tools", async () => {
  const toolbox = new FakeToolbox({ look: { run: untilAborted() } });
  const { run } = fixture({ toolbox, record: { timeout_seconds: 0.02 }, model: [CALL] });
  const outcome = await runAgent(run);
  assert(outcome.kind === "failed");
  assertEquals(outcome.error.code, "timeout");
  assertEquals(outcome.usage.model_calls, 1);
});

Deno.test("runAgent() counts the time of the run's earlier attempts, and no other's", async () => {
  const now = Date.now();
  const attempt = (run: number, n: number, from: number, to?: number) => ({
    run,
    attempt: n,
    service_id: "s",
    started_at: formatTime(now - from),
    ...(to === undefined ? {} : { ended_at: formatTime(now - to) }),
  });
  const attempts = [
    attempt(1, 1, 9_000_000, 5_000_000),
    attempt(2, 1, 700_000, 400_000),
    attempt(2, 2, 300_000, 1),
    attempt(2, 3, 0),
  ];
  const record = { run: 2, attempts };
  const late = fixture({ record: { ...record, timeout_seconds: 599 }, model: [DONE] });
  const outcome = await runAgent(late.run);
  assert(outcome.kind === "failed");
  assertEquals(outcome.error.code, "timeout");
  assertEquals(late.model.requests.length, 0);
  const inTime = fixture({ record: { ...record, timeout_seconds: 660 }, model: [DONE] });
  assertEquals((await runAgent(inTime.run)).kind, "completed");
});
