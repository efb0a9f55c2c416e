/** What is typed into the chat and how its answers come, as a person sees it on the screen. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Gate, type ModelServer, type Script, startModelServer } from "../support/model_server.ts";
import { denoArgs, PROJECT } from "../support/program.ts";
import { Pty, type PtyOptions } from "../support/pty.ts";
import { openTestStorage } from "../support/storage_fixture.ts";
import { questionOf } from "../support/two_models.ts";

interface Setting {
  readonly dir: string;
  readonly server: ModelServer;
  /** Starts the chat; resolves once one can type. */
  readonly chat: (args?: string[], options?: Partial<PtyOptions>) => Promise<Pty>;
}

async function chatting(script: Script, test: (setting: Setting) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  await using server = await startModelServer(script);
  const open: Pty[] = [];
  const chat: Setting["chat"] = async (args = [], options = {}) => {
    const pty = new Pty({
      command: ["deno", ...denoArgs("main"), "--dir", dir, ...args],
      cwd: PROJECT,
      ...options,
      env: { OPENAI_BASE_URL: server.base_url, ...options.env },
    });
    open.push(pty);
    await pty.until((screen) => screen.at(-1)?.startsWith(">") ?? false);
    return pty;
  };
  try {
    await test({ dir, server, chat });
  } finally {
    for (const pty of open) await pty[Symbol.asyncDispose]();
    await Deno.remove(dir, { recursive: true });
  }
}

const echo: Script = (request) => ({ text: `answer to ${questionOf(request).length}` });
const end = (screen: readonly string[], count: number) => screen.slice(-count).join("|");

Deno.test("a message of several lines is typed, gone through and pasted, and sent as one", async () => {
  await chatting(echo, async ({ chat, server }) => {
    const pty = await chat();
    await pty.type("first\x1b\rsecond\\\rthird\x1b[A\x1b[A\x05!\x1b[1;5F");
    await pty.until((screen) => end(screen, 3) === "> first!|  second|  third");
    await pty.type(" \x1b[200~pasted\r\nlines\r\x1b[201~");
    await pty.until((screen) => end(screen, 2) === "  third pasted|  lines");
    await pty.type("\r");
    const asked = await server.request(1);
    assertEquals(asked.body.messages.at(-1)?.content, "first!\nsecond\nthird pasted\nlines");
    await pty.until("answer to 32");
    const shown = [
      "> first!",
      "  second",
      "  third pasted",
      "  lines",
      "",
      "answer to 32",
      "",
      ">",
    ];
    await pty.until((screen) => end(screen, shown.length) === shown.join("|"));
  });
});

Deno.test("what was sent is under the arrow keys of the next chat, also in another conversation", async () => {
  await chatting(echo, async ({ chat, dir }) => {
    const first = await chat();
    await first.type("one\x1b\rof two lines\r");
    await first.until("answer to");
    await first.type(" kept to myself\r");
    await first.until((screen) => screen.filter((line) => line.startsWith("answer")).length === 2);
    await first.type("/quit\r");
    assertEquals(await first.exitCode(), 0);
    assertEquals((await Deno.stat(join(dir, "history.jsonl"))).mode! & 0o777, 0o600);
    const second = await chat();
    await second.type("\x1b[A");
    await second.until("> /quit");
    await second.type("\x1b[A");
    await second.until((screen) => end(screen, 2) === "> one|  of two lines");
    await second.type("\x12qui");
    await second.until('earlier message with "qui": /quit');
    await second.type("\r");
    assertEquals(await second.exitCode(), 0);
  });
});

Deno.test("Tab completes a command and shows what there is", async () => {
  await chatting(echo, async ({ chat }) => {
    const pty = await chat();
    await pty.type("/no\t");
    await pty.until("> /notifications");
    await pty.type("\x15/ta\t");
    await pty.until((screen) =>
      end(screen, 3).startsWith("> /task|  /tasks    This conversation's tasks|")
    );
    await pty.type("\t");
    await pty.until((screen) =>
      screen.at(-3) === "> /tasks" && screen.at(-2)!.startsWith("→ /tasks")
    );
    await pty.type("\r");
    await pty.until("This conversation has no tasks yet.");
    await pty.until((screen) => end(screen, 3) === "This conversation has no tasks yet.||>");
  });
});

const MARKDOWN = [
  "# Report",
  "",
  "It **rains** in `Oslo`.",
  "",
  "- one",
  "- two",
  "",
  "```sh",
  "echo hi",
  "```",
  "",
  "| a | b |",
  "|---|--:|",
  "| x | 1 |",
].join("\n");
const RENDERED = [
  "Report",
  "",
  "It rains in Oslo.",
  "",
  "• one",
  "• two",
  "",
  "── sh ──────────────────────────────────",
  "echo hi",
  "────────────────────────────────────────",
  "",
  "a │ b",
  "──┼──",
  "x │ 1",
];

Deno.test("an answer in Markdown is rendered as it comes, and is there once in the end", async () => {
  const middle = new Gate();
  await chatting([{ text: MARKDOWN, middle_gate: middle, chunk_size: 3 }], async ({ chat }) => {
    const pty = await chat([], { rows: 16 });
    await pty.type("report\r");
    await pty.until((screen) => screen.includes("It rains in Oslo."));
    middle.release();
    await pty.until((screen) => end(screen, 16) === [...RENDERED, "", ">"].join("|"));
    assertEquals(pty.screen().filter((line) => line === "It rains in Oslo.").length, 1);
    assertStringIncludes(pty.raw, "\x1b[1mrains\x1b[22m");
    await pty.type("\x04");
    await pty.exitCode();
  });
});

Deno.test("--message at a terminal renders the same, and is plain in a pipe", async () => {
  await chatting([{ text: MARKDOWN }, { text: MARKDOWN }], async ({ dir, server }) => {
    const env = { OPENAI_BASE_URL: server.base_url, NO_COLOR: "1" };
    const args = [...denoArgs("main"), "--dir", dir, "--message", "report"];
    await using pty = new Pty({ command: ["deno", ...args], cwd: PROJECT, env });
    assertEquals(await pty.exitCode(), 0);
    const plain = RENDERED.map((line) =>
      line.replace("Report", "# Report").replace("Oslo", "`Oslo`")
    );
    assertEquals(end(pty.screen(), plain.length), plain.join("|"));
    const piped = await new Deno.Command("deno", { args, cwd: PROJECT, env }).output();
    assertEquals(new TextDecoder().decode(piped.stdout), MARKDOWN + "\n");
  });
});

Deno.test("a line says that the model thinks or is asked again, and is gone without a trace", async () => {
  const thinking = new Gate();
  const script: Script = [
    { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "busy" } } },
    { text: "Here I am", gate: thinking },
  ];
  await chatting(script, async ({ chat }) => {
    const pty = await chat();
    await pty.type("hi\r");
    await pty.until("no answer, asking again in 1 s… · Ctrl-C stops");
    await thinking.reached;
    await pty.type("typed ahead");
    await pty.until((screen) => screen.at(-1) === "> typed ahead");
    thinking.release();
    await pty.until((screen) => end(screen, 4) === "> hi|Here I am||> typed ahead");
  });
});

Deno.test("lines sent while an answer comes wait their turn; who stops it gets them back", async () => {
  const gate = new Gate();
  const script: Script = [
    { text: "first answer", gate },
    { text: "second answer" },
    { text: "never comes to its end", hang: "middle" },
  ];
  await chatting(script, async ({ chat, server }) => {
    const pty = await chat();
    await pty.type("one\r");
    await gate.reached;
    await pty.type("two\rhalf");
    await pty.until((screen) => end(screen, 3).endsWith("|waits: two|> half"));
    gate.release();
    const shown = ["> one", "first answer", "", "> two", "second answer", "", "> half"];
    await pty.until((screen) => end(screen, shown.length) === shown.join("|"));
    await pty.type("\x15three\r");
    await server.request(3);
    await pty.until("never");
    await pty.type("four\rfive");
    await pty.until("waits: four");
    await pty.type("\x03");
    await pty.until((screen) => end(screen, 4) === "(stopped)||> four|  five");
    await pty.type("\x03");
    assertEquals(await pty.exitCode(), 130);
    assertEquals(server.requests.length, 3);
  });
});

Deno.test("the second Ctrl-C leaves, and so does Ctrl-D once the answer is over", async () => {
  await chatting([{ text: "x", hang: "before" }, { text: "done" }], async ({ chat, server }) => {
    const first = await chat();
    await first.type("go\r");
    await server.request(1);
    await first.type("\x03\x03");
    assertEquals(await first.exitCode(), 130);
    const second = await chat();
    await second.type("go\r\x04");
    assertEquals(await second.exitCode(), 0);
    assert(second.screen().includes("done"), second.screen().join("\n"));
  });
});

Deno.test("with NO_COLOR there is no style at all, on a terminal that moves its cursor", async () => {
  await chatting([{ text: "# **bold**" }], async ({ chat }) => {
    const pty = await chat([], { env: { NO_COLOR: "1" } });
    await pty.type("/help\r");
    await pty.until("Ctrl-W");
    await pty.type("hi\r");
    await pty.until("# bold");
    // What comes before is Deno's own progress display.
    const own = pty.raw.slice(pty.raw.indexOf("Conversation"));
    // deno-lint-ignore no-control-regex
    assertEquals(own.match(/\x1b\[[0-9;]*m/g), null);
  });
});

Deno.test("where nothing can be changed once written, commands and lines of several work too", async () => {
  await chatting(echo, async ({ chat, server }) => {
    const pty = await chat([], { env: { TERM: "dumb" }, columns: 40 });
    await pty.type("/help\n");
    await pty.until("Leave; tasks go on");
    await pty.type("/tasks\n");
    await pty.until("This conversation has no tasks yet.");
    await pty.type("one\\\n");
    await pty.type("two\n");
    await pty.until("answer to 7");
    assertEquals((await server.request(1)).body.messages.at(-1)?.content, "one\ntwo");
    await pty.type("\x03");
    assertEquals(await pty.exitCode(), 130);
  });
});

Deno.test("a terminal that says where its cursor is ends neither a search nor a completion", async () => {
  await chatting(echo, async ({ chat }) => {
    const pty = await chat();
    await pty.type("one\r");
    await pty.until("answer to 3");
    await pty.type("\x12on");
    await pty.until('earlier message with "on": one');
    await pty.type("\x1b[5;3Re");
    await pty.until('earlier message with "one": one');
    await pty.type("\x03\x15/ta\t");
    await pty.until((screen) => end(screen, 3).startsWith("> /task|"));
    await pty.type("\x1b[5;3R\t");
    await pty.until((screen) => screen.at(-2)!.startsWith("→ /tasks"));
    await pty.type("\x1b\x04");
  });
});

Deno.test("a notification made to overflow the stack is shown at the beginning, and the chat goes on", async () => {
  await chatting(echo, async ({ chat, dir }) => {
    const { notifications } = await openTestStorage(dir);
    const task_id = "01K0000000000000000000000A";
    await notifications.put({
      version: 1,
      id: `${task_id}-completed`,
      conversation_id: "c1",
      task_id,
      event: "completed",
      title: "Nested",
      message: "1. > ".repeat(600),
      created_at: "2026-01-01T00:00:00.000Z",
    });
    const pty = await chat(["--conversation", "c1"], { columns: 60, rows: 24 });
    await pty.until("1. > 1. > 1. >");
    await pty.type(`hello\x1b[200~${"x\n".repeat(60_000)}\x1b[201~`);
    await pty.until("A message can be at most 100,000 characters long: what came");
    await pty.type("\x1f\x15hello again\r");
    await pty.until("answer to 11");
  });
});
