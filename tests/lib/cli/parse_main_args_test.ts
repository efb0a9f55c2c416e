import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type ChatCommand,
  messageOf,
  parseMainArgs,
  parseStartArgs,
} from "../../../lib/cli/parse_main_args.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

const CHAT: ChatCommand = {
  kind: "chat",
  dir: undefined,
  conversation: undefined,
  newest: false,
  message: undefined,
  wait: undefined,
  json: false,
};

Deno.test("parseMainArgs() without arguments, or with chat, is a chat", () => {
  assertEquals(parseMainArgs([]), CHAT);
  assertEquals(parseMainArgs(["chat"]), CHAT);
  assertEquals(parseMainArgs(["--", "chat", "--continue"]), { ...CHAT, newest: true });
});

Deno.test("parseMainArgs() reads every flag of a turn", () => {
  const args = ["--dir", "d", "--conversation", "c1", "--message", "hi", "--wait=3", "--json"];
  assertEquals(parseMainArgs(args), {
    kind: "chat",
    dir: "d",
    conversation: "c1",
    newest: false,
    message: "hi",
    wait: { seconds: 3 },
    json: true,
  });
  const waiting = parseMainArgs(["--message", "hi", "--wait"]);
  assertEquals(waiting, { ...CHAT, message: "hi", wait: { seconds: undefined } });
});

Deno.test("parseMainArgs() refuses a bad id, both choices, and a stray word", () => {
  const refusals: [string[], string][] = [
    [
      ["--conversation", "../x"],
      '--conversation: expected 1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first, got "../x"',
    ],
    [["--conversation", "a", "--continue"], "Give --conversation or --continue, not both"],
    [["hello"], 'Unexpected argument "hello"; a message goes behind --message, see --help'],
  ];
  for (const [args, message] of refusals) {
    assertEquals(assertThrows(() => parseMainArgs(args), UsageError).message, message);
  }
});

Deno.test("messageOf() reads standard input only where it should", async () => {
  const never = () => Promise.reject(new Error("standard input was read"));
  const text = () => Promise.resolve(" from stdin\n");
  const terminal = { stdin_is_terminal: true };
  const pipe = { stdin_is_terminal: false };
  assertEquals(await messageOf({ ...CHAT, message: "hi" }, pipe, never), "hi");
  assertEquals(await messageOf({ ...CHAT, message: "-" }, terminal, text), "from stdin");
  assertEquals(await messageOf(CHAT, pipe, text), "from stdin");
  assertEquals(await messageOf(CHAT, terminal, never), undefined);
  await assertRejects(
    () => messageOf(CHAT, pipe, () => Promise.resolve("\n")),
    UsageError,
    "There is no message",
  );
  await assertRejects(
    () => messageOf({ ...CHAT, json: true }, terminal, never),
    UsageError,
    "add --message",
  );
});

Deno.test("every command explains itself", () => {
  for (
    const args of [["--help"], ["tasks", "--help"], ["tasks", "add", "--help"], [
      "tasks",
      "wait",
      "-h",
    ]]
  ) {
    const command = parseMainArgs(args);
    assertEquals(command.kind, "help");
    if (command.kind === "help") assertStringIncludes(command.text, "Usage: ");
  }
});

Deno.test("parseStartArgs() reads the chat's flags, refuses tasks, and explains start itself", () => {
  assertEquals(parseStartArgs(["--", "--continue"]), { ...CHAT, newest: true });
  assertThrows(() => parseStartArgs(["tasks", "list"]), UsageError, "deno task tasks");
  const help = parseStartArgs(["--help"]);
  assertEquals(help.kind, "help");
  if (help.kind !== "help") return;
  assertStringIncludes(help.text, "Run a background service quietly beside the chat");
  assertStringIncludes(help.text, "\nUsage: start [flags]\n");
  assertEquals(help.text.includes("main.ts"), false);
});
