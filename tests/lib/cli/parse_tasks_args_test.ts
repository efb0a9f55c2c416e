import { assertEquals, assertThrows } from "@std/assert";
import { parseTasksArgs } from "../../../lib/cli/parse_tasks_args.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

const COMMON = { kind: "tasks", dir: undefined, json: false } as const;

Deno.test("parseTasksArgs() reads each subcommand", () => {
  assertEquals(parseTasksArgs(["list", "--state", "pending,failed", "--json"]), {
    ...COMMON,
    json: true,
    action: "list",
    states: ["pending", "failed"],
    conversation: undefined,
    limit: 50,
  });
  assertEquals(parseTasksArgs(["show", "t1"]), { ...COMMON, action: "show", id: "t1" });
  assertEquals(parseTasksArgs(["cancel", "a", "b", "--dir", "d"]), {
    ...COMMON,
    dir: "d",
    action: "cancel",
    ids: ["a", "b"],
  });
  assertEquals(parseTasksArgs(["retry", "a", "--fresh"]), {
    ...COMMON,
    action: "retry",
    ids: ["a"],
    fresh: true,
  });
  assertEquals(parseTasksArgs(["wait", "a", "--timeout", "1.5"]), {
    ...COMMON,
    action: "wait",
    ids: ["a"],
    timeout_seconds: 1.5,
  });
  assertEquals(parseTasksArgs(["doctor"]), { ...COMMON, action: "doctor" });
});

Deno.test("tasks add takes every field of a pending record", () => {
  const args = [
    ...["--prompt", "p", "--conversation", "c1", "--id", "t1", "--title", "T", "--priority", "-3"],
    ...["--created-at", "2026-01-31T10:00:00+01:00"],
    ...["--run-at", "2030-01-01T10:00:00+02:00", "--max-attempts", "2", "--timeout-seconds", "1.5"],
    ...["--max-steps", "4", "--max-tokens", "500", "--tools", "a, b", "--model", "m"],
    ...["--metadata", '{"k":[1]}'],
  ];
  assertEquals(parseTasksArgs(["add", ...args]), {
    ...COMMON,
    action: "add",
    request: {
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
    },
  });
  assertEquals(parseTasksArgs(["add", "--prompt", "p", "--tools", ""]), {
    ...COMMON,
    action: "add",
    request: { prompt: "p", conversation_id: "cli", tools: [] },
  });
});

const REFUSED: [args: string[], message: string][] = [
  [[], "Give a command: list, show, add, cancel, retry, wait, doctor; see --help"],
  [
    ["lst"],
    'Unknown command "tasks lst"; did you mean list? There are list, show, add, cancel, retry, wait, doctor',
  ],
  [["--json", "list"], "Give the command before its flags: tasks COMMAND --json …; see --help"],
  [["show"], "Give a task's id: tasks show ID"],
  [["show", "a", "b"], 'tasks show: unexpected argument "b"; see --help'],
  [["list", "a"], 'tasks list: unexpected argument "a"; see --help'],
  [
    ["list", "--state", "done"],
    '--state: expected pending, running, completed, failed, got "done"',
  ],
  [
    ["list", "--conversation", "a/b"],
    '--conversation: expected 1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first, got "a/b"',
  ],
  [
    ["add", "--prompt", "p", "--created-at", "yesterday"],
    'Cannot add the task: --created-at: expected an RFC 3339 time such as "2026-01-31T09:00:00.000Z", got "yesterday"; see tasks add --help',
  ],
  [["list", "--limit", "0"], '--limit: expected a whole number from 1 to 1000000, got "0"'],
  [
    ["add"],
    "Cannot add the task: --prompt is missing, expected a text of 1 to 100,000 characters; see tasks add --help",
  ],
  [
    ["add", "--prompt", "p", "--priority", "high"],
    'Cannot add the task: --priority: expected a whole number from -100 to 100, got "high"; see tasks add --help',
  ],
  [["add", "--prompt", "p", "--metadata", "{"], '--metadata: expected a JSON object, got "{"'],
  [
    ["wait", "a", "--timeout", "soon"],
    '--timeout: expected seconds, over 0 and at most 2000000, got "soon"',
  ],
];
for (const [args, message] of REFUSED) {
  Deno.test(`tasks ${args.join(" ")} is refused: ${message}`, () => {
    assertEquals(assertThrows(() => parseTasksArgs(args), UsageError).message, message);
  });
}
