import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { runAgent } from "../../../lib/agent/run_agent.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import { type Fixture, fixture } from "./agent_fixture.ts";
import { FakeToolbox } from "./fake_toolbox.ts";
import { JournalDied, MemoryJournal } from "./memory_journal.ts";
import { byAnswersSeen, type ScriptedAnswer, ScriptedModel } from "./scripted_model.ts";

/** Every kind of effect, alone and together; ids that come back; a call of nothing; bad JSON. */
const SCRIPT: readonly ScriptedAnswer[] = [
  { calls: [["a", "look", { n: 1 }], ["b", "pay", { n: 1 }], ["b", "put", { n: 1 }]] },
  { text: "So far, ", calls: [["a", "pay", { n: 2 }]] },
  { calls: [["a", "nothing", {}], ["b", "look", "{"], ["c", "pay", { n: 3 }]] },
  { text: "The end is ", finish_reason: "length" },
  { text: "here." },
];
const RESULT = "The end is here.";

function world(): FakeToolbox {
  return new FakeToolbox({
    look: { effects: "none", run: () => "seen" },
    put: { effects: "idempotent", run: () => "is there" },
    pay: { effects: "once", run: () => "paid" },
  });
}

/** The script's run over a journal: it goes by what the model sees, not by what was asked before. */
function scripted(journal: MemoryJournal, toolbox = world()): Fixture {
  return fixture({ journal, toolbox, model: new ScriptedModel(SCRIPT, byAnswersSeen) });
}

async function wholeJournal(): Promise<JournalEntry[]> {
  const { run, journal } = scripted(new MemoryJournal());
  await runAgent(run);
  return journal.lines;
}

function keysOf(entries: readonly JournalEntry[], type: "tool_started" | "tool_finished") {
  return entries.filter((entry) => entry.type === type).map((e) => `task-1/${e.step}/${e.call_id}`);
}

function assertNoneTwice(keys: readonly string[]): void {
  assertEquals(keys.toSorted(), [...new Set(keys)].toSorted());
}

Deno.test("runAgent() comes to the same end from every prefix of its journal", async () => {
  const whole = await wholeJournal();
  assert(whole.length > 20);
  for (let length = 0; length <= whole.length; length++) {
    const before = whole.slice(0, length);
    const { run, toolbox, journal } = scripted(new MemoryJournal(before));
    const outcome = await runAgent(run);
    assert(outcome.kind === "completed", `after ${length} lines: ${JSON.stringify(outcome)}`);
    assertEquals(outcome.result, RESULT);
    assertEquals(outcome.usage.model_calls, SCRIPT.length, "no answer is asked for twice");
    assertEquals(outcome.usage.tool_calls, 7);

    const finished = keysOf(before, "tool_finished");
    assertEquals(toolbox.keys.filter((key) => finished.includes(key)), []);
    const started = keysOf(before, "tool_started");
    const paid = toolbox.ran.filter((call) => call.name === "pay").map((c) => c.idempotency_key);
    assertEquals(paid.filter((key) => started.includes(key)), []);
    assertNoneTwice(keysOf(journal.lines, "tool_finished"));
    assertEquals(journal.lines.slice(0, length), before);
  }
});

Deno.test("runAgent() survives a crash at every append, and a second one on the way back", async () => {
  const total = (await wholeJournal()).length;
  for (let first = 0; first < total; first++) {
    for (const second of [0, 1, 2, 3, 5, 8]) {
      const toolbox = world();
      let lines: JournalEntry[] = [];
      for (const survives of [first, second]) {
        const crashing = scripted(new MemoryJournal(lines, survives), toolbox);
        await assertRejects(() => runAgent(crashing.run), JournalDied).catch((error) => {
          // The second life may reach the end before its journal dies.
          if (crashing.journal.of("attempt_ended").length === 0) throw error;
        });
        lines = crashing.journal.lines;
      }
      const last = scripted(new MemoryJournal(lines), toolbox);
      const outcome = await runAgent(last.run);
      assert(outcome.kind === "completed", `${first}/${second}: ${JSON.stringify(outcome)}`);
      assertEquals(outcome.result, RESULT);
      assertNoneTwice(
        toolbox.ran.filter((call) => call.name === "pay").map((call) => call.idempotency_key),
      );
    }
  }
});

Deno.test("runAgent() asks nothing again when the last answer is the final one", async () => {
  const whole = await wholeJournal();
  const { run, model, journal } = scripted(
    new MemoryJournal(whole.filter((entry) => entry.type !== "attempt_ended")),
  );
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(outcome.result, RESULT);
  assertEquals(model.requests, []);
  assertEquals(journal.story.slice(-2), ["attempt_started", "attempt_ended completed"]);
});

/** A journal that ends inside of a call of a tool with these effects. */
function insideOf(effects: "none" | "idempotent" | "once"): JournalEntry[] {
  const at = "2026-01-01T00:00:00.000Z";
  const request = {
    id: "a",
    type: "function" as const,
    function: { name: "act", arguments: '{"n":1}' },
  };
  return [
    { at, type: "attempt_started", run: 1, attempt: 1, service_id: "s" },
    {
      at,
      type: "model_answer",
      step: 1,
      message: { role: "assistant", content: null, tool_calls: [request] },
      finish_reason: "tool_calls",
      usage: { input_tokens: 1, output_tokens: 1, estimated: false },
      model: "m",
      duration_ms: 1,
    },
    {
      at,
      type: "tool_started",
      step: 1,
      call_id: "a",
      name: "act",
      arguments: '{"n":1}',
      effects,
      pid: 1,
    },
  ];
}

for (const effects of ["none", "idempotent"] as const) {
  Deno.test(`runAgent() repeats an interrupted call with effects "${effects}" under the same key`, async () => {
    // What the tool declares by now does not count.
    const toolbox = new FakeToolbox({ act: { effects: "once" } });
    const { run } = fixture({ journal: insideOf(effects), toolbox, model: [{ text: "Done." }] });
    assertEquals((await runAgent(run)).kind, "completed");
    assertEquals(toolbox.keys, ["task-1/1/a"]);
    assertEquals(toolbox.ran[0]?.args, { n: 1 });
  });
}

Deno.test('runAgent() never repeats an interrupted call with effects "once" and says so', async () => {
  const toolbox = new FakeToolbox({ act: { effects: "none" } });
  const { run, model, journal } = fixture({
    journal: insideOf("once"),
    toolbox,
    model: [{ text: "Done." }],
  });
  assertEquals((await runAgent(run)).kind, "completed");
  assertEquals(toolbox.ran, []);
  const finished = journal.of("tool_finished")[0];
  assertStringIncludes(finished?.error ?? "", "its outcome is unknown");
  assertEquals(model.requests[0]?.messages.at(-1), {
    role: "tool",
    tool_call_id: "a",
    content: `Error: ${finished?.error}`,
  });
});

Deno.test("runAgent() lets the model decide to make an interrupted call again", async () => {
  const toolbox = new FakeToolbox({ act: { effects: "once" } });
  const { run } = fixture({
    journal: insideOf("once"),
    toolbox,
    model: [{ calls: [["a", "act", { n: 1 }]] }, { text: "Done." }],
  });
  assertEquals((await runAgent(run)).kind, "completed");
  assertEquals(toolbox.keys, ["task-1/2/a"], "a new call has a new key");
});

Deno.test("runAgent() shows a resumed model the very same messages", async () => {
  const whole = await wholeJournal();
  const straight = scripted(new MemoryJournal());
  await runAgent(straight.run);
  const lastAnswer = whole.findLastIndex((entry) => entry.type === "model_answer");
  const resumed = scripted(new MemoryJournal(whole.slice(0, lastAnswer)));
  await runAgent({ ...resumed.run, record: straight.run.record });
  assertEquals(resumed.model.requests[0]?.messages, straight.model.requests.at(-1)?.messages);
});

Deno.test("runAgent() answers every call for the model even where the journal lost the result", async () => {
  const whole = await wholeJournal();
  const damaged = whole.filter((entry) =>
    !(entry.type === "tool_finished" && entry.step === 1) && entry.type !== "attempt_ended"
  ).slice(0, -1);
  const { run, model } = scripted(new MemoryJournal(damaged));
  assertEquals((await runAgent(run)).kind, "completed");
  const told = model.requests[0]?.messages.filter((message) => message.role === "tool");
  assertEquals(told?.length, 7);
  assertEquals(told?.[0]?.content, "Error: the result of this call was lost.");
});

Deno.test("runAgent() comes to an end on any damaged journal, and repeats nothing that is journaled", async () => {
  const whole = await wholeJournal();
  const damaged = fc.array(fc.constantFrom(...whole), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(damaged, async (entries) => {
      const model = new ScriptedModel(
        [...SCRIPT, { text: "Late." }],
        (request) => Math.min(byAnswersSeen(request), SCRIPT.length),
      );
      const toolbox = world();
      const { run } = fixture({ journal: entries, toolbox, model });
      const outcome = await runAgent(run);
      assert(outcome.kind === "completed" || outcome.kind === "failed", outcome.kind);
      const finished = keysOf(entries, "tool_finished");
      assertEquals(toolbox.keys.filter((key) => finished.includes(key)), []);
      const started = keysOf(entries, "tool_started");
      const paid = toolbox.ran.filter((call) => call.name === "pay").map((c) => c.idempotency_key);
      assertEquals(paid.filter((key) => started.includes(key)), []);
      for (const { messages } of model.requests) assertWellFormed(messages);
    }),
    { numRuns: 300 },
  );
});

/** What servers insist on: each call is answered, by its id, right after the message that made it. */
function assertWellFormed(messages: Fixture["model"]["requests"][number]["messages"]): void {
  messages.forEach((message, index) => {
    if (message.role !== "assistant") return;
    const ids = (message.tool_calls ?? []).map((call) => call.id);
    const answers = messages.slice(index + 1, index + 1 + ids.length);
    assertEquals(answers.map((m) => m.role === "tool" && m.tool_call_id), ids);
  });
}
