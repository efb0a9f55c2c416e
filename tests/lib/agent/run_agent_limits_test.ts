import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CUT_OFF_NOTE, MAX_CONTINUATIONS } from "../../../lib/agent/next_action.ts";
import { CONTINUE_NOTE, EMPTY_NOTE } from "../../../lib/agent/request_messages.ts";
import { type AgentOutcome, runAgent } from "../../../lib/agent/run_agent.ts";
import type { ModelRequest } from "../../../lib/model/model.ts";
import { fixture } from "./agent_fixture.ts";
import { FakeToolbox } from "./fake_toolbox.ts";
import { ScriptedModel } from "./scripted_model.ts";

const DONE = { text: "Done." };

function errorOf(outcome: AgentOutcome) {
  assert(outcome.kind === "failed", `expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome.error;
}

function resultOf(outcome: AgentOutcome): string {
  assert(outcome.kind === "completed", `expected a result, got ${JSON.stringify(outcome)}`);
  return outcome.result;
}

function system(request: ModelRequest | undefined): string {
  return request?.messages[0]?.content ?? "";
}

/** A model that calls the tool "look" for ever, with other arguments each time. */
function restless(tokens = 15): ScriptedModel {
  let n = 0;
  return new ScriptedModel(
    [() => ({ calls: [[`c${++n}`, "look", { n }]], input_tokens: tokens - 5 })],
    () => 0,
  );
}

Deno.test("runAgent() tells the model at its last step to answer now, and offers no tools", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, model } = fixture({
    toolbox,
    record: { max_steps: 2 },
    model: [{ calls: [["a", "look", {}]] }, { text: "As far as I got." }],
  });
  assertEquals(resultOf(await runAgent(run)), "As far as I got.");
  assertEquals(model.requests.map((request) => request.tools?.length), [1, 0]);
  assert(!system(model.requests[0]).includes("This is your last answer"));
  assertStringIncludes(
    system(model.requests[1]),
    "This is your last answer; no tool can be called",
  );
});

Deno.test("runAgent() fails with step_limit when even the last answer calls tools", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, journal } = fixture({ toolbox, record: { max_steps: 3 }, model: restless() });
  const outcome = await runAgent(run);
  assertEquals(errorOf(outcome), {
    code: "step_limit",
    message: "The task has no result after 3 model calls, its max_steps. Retry it to go on from " +
      "where it is, or add it again with a higher max_steps.",
  });
  assertEquals(toolbox.ran.length, 2, "the calls of the last answer are not run");
  assert(outcome.kind === "failed");
  assertEquals([outcome.usage.model_calls, outcome.usage.tool_calls], [3, 2]);
  assertEquals(journal.story.at(-1), "attempt_ended failed");
});

Deno.test("runAgent() counts steps over all attempts of the run, and anew after a retry by hand", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const first = fixture({ toolbox, record: { max_steps: 2 }, model: restless() });
  errorOf(await runAgent(first.run));

  const same = fixture({ journal: first.journal.lines, record: { max_steps: 2 } });
  assertEquals(errorOf(await runAgent(same.run)).code, "step_limit");
  assertEquals(same.model.requests, []);

  const toolbox2 = new FakeToolbox({ look: {} });
  const next = fixture({
    toolbox: toolbox2,
    journal: first.journal.lines,
    record: { max_steps: 2, run: 2 },
    model: [DONE],
  });
  assertEquals(resultOf(await runAgent(next.run)), "Done.");
  assertEquals(toolbox2.keys, ["task-1/2/c2"], "the open call of the last run is made up for");
});

Deno.test("runAgent() fails with token_limit once the calls of the run have used max_tokens", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, model } = fixture({
    toolbox,
    record: { max_tokens: 100 },
    model: restless(40),
  });
  assertEquals(errorOf(await runAgent(run)), {
    code: "token_limit",
    message: "The task has no result after 120 tokens, its max_tokens is 100. Retry it to go on " +
      "from where it is, or add it again with a higher max_tokens.",
  });
  // The second and the third call were told that there is no money for another.
  assertEquals(model.requests.map((request) => request.tools?.length), [1, 0, 0]);
});

Deno.test("runAgent() fails with token_limit when max_tokens is met to the token", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run } = fixture({ toolbox, record: { max_tokens: 15 }, model: restless(15) });
  assertEquals(errorOf(await runAgent(run)).code, "token_limit");
  assertEquals(toolbox.ran, []);
});

Deno.test("runAgent() takes a final answer that went over max_tokens", async () => {
  const { run } = fixture({ record: { max_tokens: 1 }, model: [DONE] });
  assertEquals(resultOf(await runAgent(run)), "Done.");
});

Deno.test("runAgent() refuses a call that failed three times, and ends a run that insists", async () => {
  const toolbox = new FakeToolbox({
    look: { run: () => ({ ok: false, error: "Nothing there." }) },
    other: {},
  });
  // Spaces and the order of keys make no difference, nor do other calls in between.
  const shapes = ['{"a":1,"b":2}', '{ "b": 2, "a": 1 }'];
  const model = new ScriptedModel(
    [({ messages }) => ({
      calls: [["x", "look", shapes[messages.length % 2]], ["y", "other", { n: messages.length }]],
    })],
    () => 0,
  );
  const { run } = fixture({ toolbox, model });
  assertEquals(errorOf(await runAgent(run)), {
    code: "step_limit",
    message: 'The model keeps repeating one failing call of the tool "look" although it was told ' +
      "to stop, so the run was ended early. The tool says: Nothing there.",
  });
  assertEquals(toolbox.ran.filter((call) => call.name === "look").length, 3);
  assertEquals(model.requests.length, 5);
});

Deno.test("runAgent() lets a call be repeated that succeeded in between, and others that fail", async () => {
  let n = 0;
  const toolbox = new FakeToolbox({
    look: { run: () => n++ % 3 === 2 ? "there" : { ok: false, error: "Not yet." } },
  });
  const calls = (args: unknown) => ({ calls: [["x", "look", args]] as const });
  const { run } = fixture({
    toolbox,
    model: [...Array.from({ length: 9 }, () => calls({})), calls({ other: 1 }), DONE],
  });
  assertEquals(resultOf(await runAgent(run)), "Done.");
  assertEquals(toolbox.ran.length, 10);
});

Deno.test("runAgent() has an answer continued that was cut off, and joins the parts", async () => {
  const { run, model } = fixture({
    model: [
      { text: "One, two, ", finish_reason: "length" },
      { text: "three.", finish_reason: "stop" },
    ],
  });
  assertEquals(resultOf(await runAgent(run)), "One, two, three.");
  assertEquals(model.requests[1]?.messages.slice(2).map((message) => message.content), [
    "One, two, ",
    CONTINUE_NOTE,
  ]);
});

Deno.test("runAgent() takes an answer that is cut off again and again, with a note", async () => {
  const model = new ScriptedModel([{ text: "more, ", finish_reason: "length" }], () => 0);
  const { run } = fixture({ model });
  assertEquals(
    resultOf(await runAgent(run)),
    `${"more, ".repeat(MAX_CONTINUATIONS + 1).trim()}\n\n${CUT_OFF_NOTE}`,
  );
});

Deno.test("runAgent() takes a cut answer with a note when no step is left to continue it", async () => {
  const { run } = fixture({
    record: { max_steps: 1 },
    model: [{ text: "Half an answ", finish_reason: "length" }],
  });
  assertEquals(resultOf(await runAgent(run)), `Half an answ\n\n${CUT_OFF_NOTE}`);
});

Deno.test("runAgent() takes a cut answer with a note when its continuation is empty", async () => {
  const { run } = fixture({
    model: [{ text: "All I have", finish_reason: "length" }, { text: "" }],
  });
  assertEquals(resultOf(await runAgent(run)), `All I have\n\n${CUT_OFF_NOTE}`);
});

Deno.test("runAgent() asks once more after an empty answer", async () => {
  const { run, model } = fixture({ model: [{ text: " \n" }, DONE] });
  assertEquals(resultOf(await runAgent(run)), "Done.");
  assertEquals(model.requests[1]?.messages.at(-1), { role: "user", content: EMPTY_NOTE });
});

Deno.test("runAgent() fails after two empty answers, and a retry by hand asks again", async () => {
  const { run, journal } = fixture({ model: [{ text: null }, { text: "" }] });
  assertEquals(errorOf(await runAgent(run)), {
    code: "model_rejected",
    message: "The model answered twice in a row with neither text nor a tool call. Retry the " +
      "task, or give it another model.",
  });
  const again = fixture({ journal: journal.lines, record: { run: 2 }, model: [DONE] });
  assertEquals(resultOf(await runAgent(again.run)), "Done.");
});

Deno.test("runAgent() fails when a content filter stops the answer, and runs none of its calls", async () => {
  const toolbox = new FakeToolbox({ look: {} });
  const { run, journal } = fixture({
    toolbox,
    model: [{ calls: [["a", "look", {}]], text: "I wi", finish_reason: "content_filter" }],
  });
  assertEquals(errorOf(await runAgent(run)), {
    code: "model_rejected",
    message:
      "The model's content filter stopped its answer. Word the task differently and add it again.",
  });
  assertEquals(toolbox.ran, []);
  // A retry by hand does not show the model what was stopped.
  const again = fixture({ journal: journal.lines, record: { run: 2 }, model: [DONE] });
  assertEquals(resultOf(await runAgent(again.run)), "Done.");
  assertEquals(again.model.requests[0]?.messages.length, 2);
});

Deno.test("runAgent() fails with the model's words when it refuses", async () => {
  const { run } = fixture({ model: [{ text: null, refusal: "I cannot help with that." }] });
  assertEquals(errorOf(await runAgent(run)), {
    code: "model_rejected",
    message: "The model refused the task: I cannot help with that.",
  });
});
