import { assert, assertEquals } from "@std/assert";
import type { TaskChange } from "../../../../lib/cli/tasks/task_watch.ts";
import { changeJson, changeLine } from "../../../../lib/cli/tasks/watch_lines.ts";
import { widthOf } from "../../../../lib/cli/text_width.ts";
import type { JournalEntry } from "../../../../lib/task/journal_entry.ts";
import { withDefaults } from "../../../../lib/task/parse_record.ts";
import { type Task } from "../../../../lib/task/record.ts";

const AT = "2026-01-01T12:00:00.000Z";
const NOW = Date.parse(AT);
const HOSTILE = "a\u001b[2J\n\u202e天気";

const task: Task = {
  state: "failed",
  record: {
    ...withDefaults("t1", { conversation_id: "c1", prompt: "p", title: HOSTILE }, NOW),
    finished_at: AT,
    duration_ms: 1500,
    error: { code: "timeout", message: `too slow ${HOSTILE}`.repeat(9) },
  },
};
const ENTRY: JournalEntry = {
  at: AT,
  type: "tool_finished",
  step: 1,
  call_id: "c",
  output: HOSTILE,
  duration_ms: 20,
};
const CHANGES: TaskChange[] = [
  { kind: "state", task, from: "running" },
  {
    kind: "step",
    task,
    tool: "search",
    entry: ENTRY,
  },
  { kind: "gone", id: "t1", from: "failed" },
];

Deno.test("a change in JSON is one line that says all and acts on no terminal", () => {
  const objects = CHANGES.map((change) => {
    const line = changeJson(change, NOW);
    // deno-lint-ignore no-control-regex
    assert(/^[^\n\u001b\u202e]*\n$/.test(line), line);
    return JSON.parse(line);
  });
  const { error } = task.record;
  const same = { at: AT, id: "t1", conversation_id: "c1", title: HOSTILE };
  assertEquals(objects, [
    { ...same, event: "state", from: "running", to: "failed", error: { ...error } },
    { ...same, event: "step", tool: "search", entry: ENTRY },
    { at: AT, event: "state", id: "t1", from: "failed", to: null },
  ]);
});

Deno.test("a change is one harmless line, whole in a pipe and no wider than a terminal", () => {
  const look = { color: false, columns: undefined };
  const [state, step, gone] = CHANGES.map((change) => changeLine(change, look, NOW));
  assertEquals(step, `${AT}  t1    search finished (0.0s): a 天気\n`);
  assertEquals(gone, `${AT}  t1  pruned\n`);
  assertEquals(
    state!.startsWith(`${AT}  t1  running → ✗ failed (timeout) after 1.5s, a 天気: `),
    true,
  );
  for (const change of CHANGES) {
    const line = changeLine(change, { color: false, columns: 40 }, NOW);
    assert(widthOf(line.trimEnd()) < 40, line);
  }
});
