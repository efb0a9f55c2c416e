import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseTasksArgs } from "../../../../lib/cli/tasks/parse_tasks_args.ts";
import { UsageError } from "../../../../lib/cli/usage_error.ts";

/** What a command line asks for: the subcommand's name and its options. */
function parsed(line: readonly string[]): Record<string, unknown> {
  const command = parseTasksArgs(line);
  assert(command.kind === "tasks");
  return { action: command.action, dir: command.dir, ...command.options };
}

const COMMON = { dir: undefined, json: false } as const;

Deno.test("parseTasksArgs() reads each subcommand", () => {
  const list = { action: "list", sort: "created", reverse: false, limit: 50, ids: false };
  assertEquals(parsed(["list", "--state", "pending,failed", "--json"]), {
    ...COMMON,
    ...list,
    json: true,
    selection: { states: ["pending", "failed"] },
  });
  const selection = ["--conversation", "c1", "--text", "oslo", "--since", "2h"];
  assertEquals(parsed(["list", ...selection, "--until", "2026-01-31T10:00:00+01:00"]), {
    ...COMMON,
    ...list,
    selection: {
      conversation_id: "c1",
      text: "oslo",
      since: { ago: 7_200_000 },
      until: { at: Date.UTC(2026, 0, 31, 9) },
    },
  });
  assertEquals(parsed(["list", "--sort", "duration", "--reverse", "--ids", "--limit", "3"]), {
    ...COMMON,
    ...list,
    selection: {},
    sort: "duration",
    reverse: true,
    limit: 3,
    ids: true,
  });
  assertEquals(parsed(["show", "t1", "--artifact", "a.md"]), {
    ...COMMON,
    action: "show",
    id: "t1",
    full: false,
    artifact: "a.md",
  });
  const cancel = { ...COMMON, action: "cancel", dir: "d", ids: ["a", "b"] };
  assertEquals(parsed(["cancel", "a", "b", "--dir", "d"]), cancel);
  assertEquals(parsed(["retry", "a", "--fresh"]), {
    ...COMMON,
    action: "retry",
    ids: ["a"],
    fresh: true,
  });
  assertEquals(parsed(["wait", "a", "--timeout", "1.5"]), {
    ...COMMON,
    action: "wait",
    ids: ["a"],
    timeout_seconds: 1.5,
  });
  assertEquals(parsed(["watch", "--state", "failed", "--no-steps"]), {
    ...COMMON,
    action: "watch",
    ids: [],
    selection: { states: ["failed"] },
    steps: false,
  });
  assertEquals(parsed(["stats", "--since", "1w", "--models"]), {
    ...COMMON,
    action: "stats",
    selection: { since: { ago: 604_800_000 } },
    models: true,
  });
  assertEquals(parsed(["prune", "--older-than", "30d", "--keep", "100", "--state", "failed"]), {
    ...COMMON,
    action: "prune",
    rules: { states: ["failed"], unread: false, older_than_ms: 2_592_000_000, keep: 100 },
    yes: false,
  });
  const places = { from: "./persistent", to: "redis://h:6379/1?prefix=p" };
  const move = ["move", "--from", places.from, `--to=${places.to}`];
  assertEquals(parsed(move), { ...COMMON, action: "move", ...places });
  assertEquals(parsed(["doctor"]), { ...COMMON, action: "doctor" });
  assertEquals(parsed(["completions", "zsh", "--name", "bts"]), {
    ...COMMON,
    action: "completions",
    shell: "zsh",
    name: "bts",
  });
});

Deno.test("tasks add takes every field of a pending record as a flag's text", () => {
  const args = ["--prompt", "p", "--priority", "-3", "--tools", "", "--wait=1.5"];
  assertEquals(parsed(["add", ...args]), {
    ...COMMON,
    action: "add",
    values: { prompt: "p", priority: "-3", tools: "" },
    wait: { seconds: 1.5 },
  });
  const endless = parsed(["add", "--prompt", "-", "--wait"]);
  assertEquals(endless, {
    ...COMMON,
    action: "add",
    values: { prompt: "-" },
    wait: { seconds: undefined },
  });
});

const NAMES =
  "list, show, add, cancel, retry, wait, watch, stats, prune, move, doctor, completions";

const REFUSED: [args: string[], message: string][] = [
  [[], `Give a command: ${NAMES}; see --help`],
  [["lst"], `Unknown command "tasks lst"; did you mean list? There are ${NAMES}`],
  [["--json", "list"], "Give the command before its flags: tasks COMMAND --json …; see --help"],
  [["show"], "Give a task's id: tasks show ID"],
  [["show", "a", "b"], 'tasks show: unexpected argument "b"; see --help'],
  [["list", "a"], 'tasks list: unexpected argument "a"; see --help'],
  [
    ["list", "--error", "timeout,oops"],
    "--error: expected invalid_task, cancelled, timeout, step_limit, token_limit, model_rejected, " +
    'model_unavailable, service_crashed, internal, got "oops"',
  ],
  [
    ["list", "--state", "done"],
    '--state: expected pending, running, completed, failed, got "done"',
  ],
  [
    ["list", "--conversation", "a/b"],
    '--conversation: expected 1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first, got "a/b"',
  ],
  [
    ["list", "--sort", "size"],
    '--sort: expected created, finished, duration, priority, state, title, got "size"',
  ],
  [
    ["list", "--since", "yesterday"],
    '--since: expected a duration such as 90s, 15m, 2h, 7d or 2w, or an RFC 3339 time such as "2026-01-31T09:00:00Z", got "yesterday"',
  ],
  [
    ["list", "--since", "2026-01-31T09:00:00"],
    '--since: expected a duration such as 90s, 15m, 2h, 7d or 2w, or an RFC 3339 time such as "2026-01-31T09:00:00Z", got "2026-01-31T09:00:00"',
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
  [["prune"], "Say which tasks may go: --older-than 30d, --keep N, or both; see --help"],
  [
    ["prune", "--keep", "1", "--state", "running"],
    '--state: expected completed, failed, got "running"',
  ],
  [
    ["prune", "--older-than", "30"],
    '--older-than: expected a duration such as 90s, 15m, 2h, 7d or 2w, got "30"',
  ],
  [
    ["move", "--from", "a"],
    "Say where the tasks are and where they are to be: tasks move --from ./persistent --to " +
    "redis://host:6379; see --help",
  ],
  [["move", "--dir", "a"], 'Unknown flag "--dir"; did you mean --to? See --help'],
  [
    ["completions"],
    "Give one of bash, zsh, fish: tasks completions bash|zsh|fish [--name NAME]",
  ],
  [["completions", "sh"], 'tasks completions: expected one of bash, zsh, fish, got "sh"'],
  [
    ["completions", "bash", "--name", "a;b"],
    '--name: expected a command\'s name of letters, digits, _ and -, got "a;b"',
  ],
];
for (const [args, message] of REFUSED) {
  Deno.test(`tasks ${args.join(" ")} is refused: ${message}`, () => {
    assertEquals(assertThrows(() => parseTasksArgs(args), UsageError).message, message);
  });
}
