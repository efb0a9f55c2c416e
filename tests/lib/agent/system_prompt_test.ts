import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { systemPrompt } from "../../../lib/agent/system_prompt.ts";
import { claimedRecord } from "./agent_fixture.ts";

function attempt(started_at: string, ended_at?: string, run = 1) {
  return { run, attempt: 1, service_id: "s", started_at, ...(ended_at ? { ended_at } : {}) };
}

const FIRST = attempt("2026-01-31T09:00:00.000Z", "2026-01-31T09:02:00.000Z");

Deno.test("systemPrompt() knows the task, its limits and the time", () => {
  const prompt = systemPrompt(
    claimedRecord({
      title: 'Weather in "Oslo"',
      created_at: "2026-01-31T08:59:00.000Z",
      attempts: [attempt("2026-01-31T09:00:00.000Z")],
      max_steps: 7,
    }),
    [],
    false,
  );
  assertStringIncludes(
    prompt,
    'Your task is "Weather in \\"Oslo\\"", id task-1, asked for at 2026-01-31T08:59:00.000Z.',
  );
  assertStringIncludes(prompt, "It is Saturday, 2026-01-31T09:00:00Z (UTC); you have just begun.");
  assertStringIncludes(prompt, "You have at most 7 answers in all");
  assertStringIncludes(prompt, "The first line is a headline: the answer itself, in one sentence");
});

Deno.test("systemPrompt() is the same after a quick resume and names the time after a long pause", () => {
  const created_at = "2026-01-31T08:59:00.000Z";
  const at = (attempts: unknown[], run = 1) =>
    systemPrompt(claimedRecord({ attempts, run, created_at }), [], false);
  const straight = at([FIRST]);
  assertEquals(at([FIRST, attempt("2026-01-31T09:02:10.000Z")]), straight);

  const pause = "You began at Saturday, 2026-01-31T09:00:00Z (UTC), were interrupted, and go on " +
    "since Sunday, 2026-02-01T09:00:00Z (UTC).";
  const nextDay = attempt("2026-02-01T09:00:00.000Z", "2026-02-01T09:00:30.000Z");
  const late = at([FIRST, nextDay]);
  assertStringIncludes(late, pause);
  assertEquals(at([FIRST, nextDay, attempt("2026-02-01T09:00:40.000Z")]), late);
  // An attempt that says no end counts from its beginning.
  assertStringIncludes(at([attempt(FIRST.started_at), nextDay]), pause);
  // Another run of the task begins anew.
  const another = at([FIRST, attempt("2026-02-01T09:00:00.000Z", undefined, 2)], 2);
  assertStringIncludes(another, "It is Sunday, 2026-02-01T09:00:00Z (UTC); you have just begun.");
});

Deno.test("systemPrompt() adds the last step and missing tools at its end, so that its beginning stays", () => {
  const record = claimedRecord();
  const usual = systemPrompt(record, [], false);
  const missing = systemPrompt(record, [{ name: "fly", reason: "no wings" }], true);
  assert(missing.startsWith(usual));
  assertStringIncludes(missing.slice(usual.length), 'The tool "fly" is not available: no wings.');
  assertStringIncludes(missing.slice(usual.length), "This is your last answer");
});
