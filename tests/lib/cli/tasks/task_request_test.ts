import { assertEquals } from "@std/assert";
import { taskRequestOf } from "../../../../lib/cli/tasks/task_request.ts";

Deno.test("taskRequestOf() makes a request of the flags of tasks add", () => {
  const values = {
    prompt: "p",
    conversation: "c1",
    id: "t1",
    title: "T",
    priority: "-3",
    "created-at": "2026-01-31T10:00:00+01:00",
    "run-at": "2030-01-01T10:00:00+02:00",
    "max-attempts": "2",
    "timeout-seconds": "1.5",
    "max-steps": "4",
    "max-tokens": "500",
    tools: "a, b",
    model: "m",
    metadata: '{"k":[1]}',
  };
  assertEquals<unknown>(taskRequestOf(values), {
    prompt: "p",
    conversation_id: "c1",
    id: "t1",
    title: "T",
    priority: -3,
    created_at: "2026-01-31T09:00:00.000Z",
    run_at: "2030-01-01T08:00:00.000Z",
    max_attempts: 2,
    timeout_seconds: 1.5,
    max_steps: 4,
    max_tokens: 500,
    tools: ["a", "b"],
    model: "m",
    metadata: { k: [1] },
  });
  assertEquals<unknown>(taskRequestOf({ prompt: "p", tools: "" }), {
    prompt: "p",
    conversation_id: "cli",
    tools: [],
  });
});
