import { assertEquals } from "@std/assert";
import { activityOf } from "../../../lib/task/activity.ts";
import { type JournalEntry, parseJournalEntry } from "../../../lib/task/journal_entry.ts";

function entry(second: number, fields: Record<string, unknown>): JournalEntry {
  const at = `2026-01-01T00:00:0${second}.000Z`;
  const parsed = parseJournalEntry({ at, ...fields });
  if (parsed === undefined) throw new Error(JSON.stringify(fields));
  return parsed;
}

const call = (id: string, name: string) => ({
  id,
  type: "function",
  function: { name, arguments: "{}" },
});
const started = entry(0, { type: "attempt_started", run: 1, attempt: 1, service_id: "s" });
const answer = entry(1, {
  type: "model_answer",
  step: 1,
  message: { role: "assistant", content: null, tool_calls: [call("a", "x"), call("b", "y")] },
  finish_reason: "tool_calls",
  usage: { input_tokens: 1, output_tokens: 1, estimated: false },
  model: "m",
  duration_ms: 5,
});
const start = (second: number, call_id: string, name: string) =>
  entry(second, {
    type: "tool_started",
    step: 1,
    call_id,
    name,
    arguments: "{}",
    effects: "none",
  });
const finish = (second: number, call_id: string) =>
  entry(second, { type: "tool_finished", step: 1, call_id, output: "o", duration_ms: 1 });

Deno.test("activityOf() follows a run from its start to its end", () => {
  const journal: JournalEntry[] = [];
  const next = (line?: JournalEntry) => {
    if (line !== undefined) journal.push(line);
    const { kind, steps, tool_calls, calls, since } = activityOf(journal);
    return [kind, steps, tool_calls, calls.map(({ name }) => name).join(), since?.slice(17, 19)];
  };
  assertEquals(next(), ["starting", 0, 0, "", undefined]);
  assertEquals(next(started), ["thinking", 0, 0, "", "00"]);
  assertEquals(next(answer), ["thinking", 1, 0, "", "01"]);
  assertEquals(next(start(2, "a", "x")), ["calling", 1, 0, "x", "02"]);
  assertEquals(next(start(3, "b", "y")), ["calling", 1, 0, "x,y", "02"]);
  assertEquals(next(finish(4, "a")), ["calling", 1, 1, "y", "03"]);
  assertEquals(next(finish(5, "b")), ["thinking", 1, 2, "", "05"]);
  assertEquals(next(entry(6, { type: "attempt_ended", outcome: "completed" }))[0], "ended");
});

Deno.test("activityOf() leaves out a call that only an earlier attempt had begun", () => {
  const again = entry(5, { type: "attempt_started", run: 1, attempt: 2, service_id: "s2" });
  assertEquals(activityOf([started, answer, start(2, "a", "x"), again]), {
    steps: 1,
    tool_calls: 0,
    kind: "thinking",
    calls: [],
    since: again.at,
  });
});
