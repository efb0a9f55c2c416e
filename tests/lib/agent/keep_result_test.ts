import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runAgent } from "../../../lib/agent/run_agent.ts";
import { fixture } from "./agent_fixture.ts";
import { FakeToolbox } from "./fake_toolbox.ts";

Deno.test("runAgent() gives a result of 64 KiB as it is, and makes a larger one a file with a digest", async () => {
  const largest = "é".repeat(32 * 1024);
  const small = fixture({ model: [{ text: largest }] });
  const whole = await runAgent(small.run);
  assert(whole.kind === "completed");
  assertEquals([whole.result, whole.result_artifact, whole.artifacts], [largest, undefined, []]);

  const result = `# The answer is 42\n\n## Why\n\n${"Because it is so.\n\n".repeat(12_000)}`;
  const large = fixture({ model: [{ text: result }] });
  const outcome = await runAgent(large.run);
  assert(outcome.kind === "completed");
  assertEquals(large.artifacts.files.get("result.md"), result.trim());
  assertEquals([outcome.result_artifact, outcome.artifacts], ["result.md", ["result.md"]]);
  assert(outcome.result.length <= 4_000);
  const [headline, where, outline] = outcome.result.split("\n\n");
  assertEquals(headline, "The answer is 42");
  assertEquals(
    where,
    "The whole result is the file artifacts/task-1/result.md (228,026 characters, 229 kB).",
  );
  assertEquals(outline, "Its headings:\n- Why");
  assertEquals(large.model.requests.length, 1);
});

Deno.test("runAgent() keeps a large result once more, and the same, after a crash at the very end", async () => {
  const result = "Done.\n" + "x".repeat(100_000);
  const first = fixture({ model: [{ text: result }] });
  const before = await runAgent(first.run);
  const journal = first.journal.lines.filter(({ type }) => type !== "attempt_ended");
  const again = fixture({ journal, model: [] });
  assertEquals(await runAgent(again.run), before);
  assertEquals(again.artifacts.files, first.artifacts.files);
});

Deno.test("runAgent() never replaces a tool's own result.md", async () => {
  const toolbox = new FakeToolbox({
    draw: { run: async ({ onArtifact }) => await onArtifact("result.md", new Uint8Array([65])) },
  });
  const result = "x".repeat(100_000);
  const { run, artifacts } = fixture({
    toolbox,
    model: [{ calls: [["a", "draw", 1]] }, { text: result }],
  });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  assertEquals(outcome.result_artifact, "task-result.md");
  assertEquals(artifacts.files.get("result.md"), "A");
  assertEquals(artifacts.files.get("task-result.md"), result);
});

Deno.test("runAgent() makes a file of a result for which the record has no room", async () => {
  const { run } = fixture({
    record: { prompt: "\u0001".repeat(100_000), metadata: { note: "x".repeat(375_000) } },
    model: [{ text: "\u0002".repeat(60_000) }],
  });
  const outcome = await runAgent(run);
  assert(outcome.kind === "completed");
  const bytes = JSON.stringify({ ...run.record, result: outcome.result }, null, 2).length;
  assert(bytes < 1024 * 1024 - 60_000, `${bytes}`);
  assertStringIncludes(outcome.result, "The whole result is the file artifacts/task-1/result.md");
});
