import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { SessionLog } from "../../lib/conversation/session_log.ts";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import type { Notification } from "../../lib/task/notification.ts";
import { Gate, type Script, startModelServer } from "../support/model_server.ts";
import { denoArgs, PROJECT } from "../support/program.ts";
import { Pty } from "../support/pty.ts";

interface Setting {
  readonly pty: Pty;
  readonly storage: Storage;
  readonly server: Awaited<ReturnType<typeof startModelServer>>;
}

/** The chat `c1` in a pseudo-terminal, beside an open storage and a scripted model. */
async function chatting(
  script: Script,
  test: (setting: Setting) => Promise<void>,
  options: { columns?: number; env?: Record<string, string> } = {},
): Promise<void> {
  const dir = await Deno.makeTempDir();
  await using server = await startModelServer(script);
  const storage = await openStorage({ persistent_dir: dir, durability: "relaxed" }, {
    service_id: "test",
    pid: Deno.pid,
    host: "localhost",
  });
  await using pty = new Pty({
    command: ["deno", ...denoArgs("main"), "--dir", dir, "--conversation", "c1"],
    cwd: PROJECT,
    columns: options.columns ?? 80,
    env: { OPENAI_BASE_URL: server.base_url, ...options.env },
  });
  try {
    await test({ pty, storage, server });
  } finally {
    storage.close();
    await pty[Symbol.asyncDispose]();
    await Deno.remove(dir, { recursive: true });
  }
}

function notification(task_id: string, message: string, title = "Weather"): Notification {
  return {
    version: 1,
    id: `${task_id}-completed`,
    conversation_id: "c1",
    task_id,
    event: "completed",
    title,
    message,
    created_at: new Date().toISOString(),
  };
}

const atPrompt = (screen: string[]) => screen.at(-1) === ">";

Deno.test("the chat streams an answer and leaves with 0 on Ctrl-D", async () => {
  await chatting([{ text: "Hello to you" }], async ({ pty, server }) => {
    await pty.until(atPrompt);
    await pty.type("hi there\r");
    await pty.until("Hello to you");
    await pty.until(atPrompt);
    const asked = await server.request(1);
    assertEquals(asked.body.messages.at(-1), { role: "user", content: "hi there" });
    await pty.type("\x04");
    assertEquals(await pty.exitCode(), 0);
  });
});

Deno.test("an answer breaks between words however it streams, and a blank line ends the turn", async () => {
  const text = "Weather: partly cloudy with twelve degrees";
  const answer = ["Weather: partly", "cloudy with twelve", "degrees"];
  const after = ["> hi", ...answer, "", ">"].join("|");
  await chatting([{ text }], async ({ pty }) => {
    await pty.until(atPrompt);
    assertStringIncludes(pty.screen().join("|"), "Conversation c1|(new), model");
    await pty.type("hi\r");
    await pty.until((screen) => screen.slice(-6).join("|") === after);
  }, { columns: 20 });
});

Deno.test("a notification appears above a half-typed line, which stays intact", async () => {
  await chatting([{ text: "ok" }], async ({ pty, storage, server }) => {
    await pty.until(atPrompt);
    await pty.type("half typed\x1b[D\x1b[D");
    await pty.until("> half typed");
    await storage.notifications.put(notification("t1", "Sunny, 12 degrees"));
    await pty.until((screen) =>
      screen.slice(-3).join("|") === "✓ Weather (t1)|  Sunny, 12 degrees|> half typed"
    );
    await pty.until(() => pty.cursor().column === "> half typ".length);
    await pty.type("X\r");
    const asked = await server.request(1);
    const [user, call, told] = asked.body.messages.slice(-3);
    assertEquals(user, { role: "user", content: "half typXed" });
    assertEquals(call?.tool_calls?.[0]?.function.name, "get_notifications");
    assertEquals(told?.role, "tool");
    assertStringIncludes(told?.content ?? "", "Sunny, 12 degrees");
    assertEquals(await storage.notifications.unread("c1"), []);
  });
});

Deno.test("a notification leaves a line intact that wraps over rows and has wide characters", async () => {
  await chatting([], async ({ pty, storage }) => {
    await pty.until((screen) => atPrompt(screen));
    // 20 columns: the prompt takes two, so the line takes three rows and ends in wide ones.
    await pty.type("0123456789012345678901234567890123456789日本語");
    await pty.type("\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D");
    await pty.until("日本語");
    await storage.notifications.put(notification("t1", "Done"));
    const line = ["> 012345678901234567", "89012345678901234567", "89日本語"];
    await pty.until((screen) =>
      screen.slice(-5).join("|") === ["✓ Weather (t1)", "  Done", ...line].join("|")
    );
    const row = pty.screen().length - 1;
    await pty.until(() => pty.cursor().row === row && pty.cursor().column === 0);
    await pty.type("X");
    await pty.until((screen) => screen.at(-1) === "X89日本語");
  }, { columns: 20 });
});

Deno.test("a notification leaves a line intact that ends just at the terminal's edge", async () => {
  await chatting([], async ({ pty, storage }) => {
    await pty.until(atPrompt);
    await pty.type("01234567890123456789012345678901234567");
    await pty.until("89012345678901234567");
    await storage.notifications.put(notification("t1", "Done"));
    const line = ["> 012345678901234567", "89012345678901234567"];
    await pty.until((screen) =>
      screen.slice(-4).join("|") === ["✓ Weather (t1)", "  Done", ...line].join("|")
    );
    const row = pty.screen().length;
    await pty.until(() => pty.cursor().row === row && pty.cursor().column === 0);
    await pty.type("X");
    await pty.until((screen) => screen.slice(-3).join("|") === [...line, "X"].join("|"));
  }, { columns: 20 });
});

Deno.test("/new begins another conversation, and a second chat on the first may then open it", async () => {
  await chatting([{ text: "one" }, { text: "two" }], async ({ pty, storage, server }) => {
    await pty.until(atPrompt);
    await pty.type("first\r");
    await pty.until("one");
    await pty.until(atPrompt);
    await pty.type("/new\r");
    await pty.until((screen) =>
      screen.filter((line) => line.startsWith("Conversation")).length === 2
    );
    await pty.until(atPrompt);
    await pty.type("second\r");
    await pty.until("two");
    const { messages } = (await server.request(2)).body;
    assertEquals(messages.slice(1).map(({ content }) => content), ["second"]);
    const { disk, layout } = storage;
    const log = await SessionLog.open({
      flusher: storage.flusher,
      disk,
      dir: layout.conversations,
      conversation_id: "c1",
      pid: 1,
      now: Date.now,
    });
    assertEquals(log.entries.filter(({ role }) => role === "user").length, 1);
    await log.close();
  });
});

Deno.test("a notification waits while an answer streams", async () => {
  const gate = new Gate();
  const script = [{ text: "first half, second half", middle_gate: gate }];
  await chatting(script, async ({ pty, storage, server }) => {
    await pty.until(atPrompt);
    await pty.type("go\r");
    await server.request(1);
    await storage.notifications.put(notification("t1", "Done meanwhile"));
    await pty.type("typed ahead");
    gate.release();
    await pty.until("Done meanwhile");
    await pty.until((screen) => screen.at(-1) === "> typed ahead");
    const text = pty.screen().join("\n");
    assert(text.indexOf("second half") < text.indexOf("✓ Weather"), text);
  });
});

Deno.test("Ctrl-C stops a streaming answer and the chat goes on; at the prompt it leaves with 130", async () => {
  const script: Script = [{ text: "never comes to its end", hang: "middle" }, { text: "again" }];
  await chatting(script, async ({ pty, storage, server }) => {
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "later" });
    await pty.until(atPrompt);
    await pty.type("go\r");
    await server.request(1);
    await pty.until("never");
    await pty.type("\x03");
    await pty.until("(stopped)");
    await pty.until(atPrompt);
    assertEquals(await (await server.request(1)).closed, "disconnected");
    await pty.type("more\r");
    await pty.until("again");
    await pty.until(atPrompt);
    await pty.type("half\x03");
    assertEquals(await pty.exitCode(), 130);
    const note = "1 task waits until a service runs; back with --conversation c1";
    assertEquals(pty.screen().at(-1), note);
  });
});

Deno.test("the chat's commands list, show and cancel tasks, and what is no command is a message", async () => {
  await chatting([{ text: "a path" }], async ({ pty, storage, server }) => {
    const { id } = await storage.queue.enqueue({
      conversation_id: "c1",
      prompt: "Look at the sky",
      title: "Sky",
    });
    await pty.until(atPrompt);
    await pty.type("/tasks\r");
    await pty.until(`○ Sky (${id.slice(-6)})`);
    await pty.type(`/task ${id.slice(-6)}\r`);
    await pty.until("Look at the sky");
    await pty.type(`/cancel ${id}\r`);
    await pty.until('Cancelled "Sky"');
    await pty.type("/canel x\r");
    await pty.until("There is no command /canel; did you mean /cancel?");
    await pty.type("/etc/passwd\r");
    await pty.until("a path");
    assertEquals(
      (await server.request(1)).body.messages.findLast((m) => m.role === "user")?.content,
      "/etc/passwd",
    );
    await pty.type("/quit\r");
    assertEquals(await pty.exitCode(), 0);
    assertEquals((await storage.queue.get(id))?.record.error?.code, "cancelled");
  });
});

Deno.test("nothing that a model or a task says reaches the terminal as a control sequence", async () => {
  const evil = "\x1b]0;owned\x07\x1b[2Jplain\u202e";
  await chatting([{ text: evil }], async ({ pty, storage }) => {
    await storage.notifications.put(notification("t1", evil, evil));
    await pty.until("✓ plain");
    await pty.type("go\r");
    await pty.until((screen) => screen.filter((line) => line.endsWith("plain")).length >= 2);
    assert(!pty.raw.includes("owned") && !pty.raw.includes("\x1b[2J"), JSON.stringify(pty.raw));
    assert(!pty.raw.includes("\u202e"));
  });
});

Deno.test("the chat stays alive when the model is unknown, and says how to go on", async () => {
  const script: Script = [
    { status: 404, body: { error: { message: "The model does not exist" } } },
    { text: "now it works" },
  ];
  await chatting(script, async ({ pty }) => {
    await pty.until(atPrompt);
    await pty.type("hi\r");
    await pty.until("error: Asking model");
    await pty.until(atPrompt);
    await pty.type("again\r");
    await pty.until("now it works");
  });
});

Deno.test("a notification that cannot be read is skipped with one warning above the line", async () => {
  await chatting([], async ({ pty, storage }) => {
    await pty.until(atPrompt);
    await pty.type("half");
    await pty.until("> half");
    const dir = join(storage.layout.notifications, "c1");
    await Deno.mkdir(dir, { recursive: true });
    await Deno.writeTextFile(join(dir, ".x"), "{}");
    await Deno.rename(join(dir, ".x"), join(dir, "broken-completed.json"));
    await pty.until((screen) =>
      screen.join(" ").includes("is skipped") && screen.at(-1) === "> half"
    );
    await storage.notifications.put(notification("t1", "Done"));
    await pty.until("✓ Weather (t1)");
  });
});

Deno.test("a chat that is told to end gives the terminal back and ends with 143", async () => {
  await chatting([], async ({ pty, storage }) => {
    await pty.until(atPrompt);
    const log = await Deno.readTextFile(join(storage.layout.conversations, "c1.jsonl"));
    Deno.kill(JSON.parse(log).pid, "SIGTERM");
    assertEquals(await pty.exitCode(), 143);
    // Pastes are no longer marked: the shell is next.
    assert(pty.raw.lastIndexOf("\x1b[?2004l") > pty.raw.lastIndexOf("\x1b[?2004h"));
  });
});

Deno.test("with TERM=dumb and NO_COLOR nothing but plain text is written", async () => {
  await chatting([{ text: "plain answer" }], async ({ pty, storage }) => {
    await pty.until("/help lists commands");
    await pty.type("hi\n");
    await pty.until("plain answer");
    await storage.notifications.put(notification("t1", "Done"));
    await pty.until((screen) => screen.slice(-3).join("|") === "✓ Weather (t1)|  Done|>");
    // What comes before is Deno's own progress display.
    const own = pty.raw.slice(pty.raw.indexOf("Conversation"));
    assert(!own.includes("\x1b"), JSON.stringify(own));
    await pty.type("/quit\n");
    assertEquals(await pty.exitCode(), 0);
  }, { env: { TERM: "dumb", NO_COLOR: "1" } });
});
