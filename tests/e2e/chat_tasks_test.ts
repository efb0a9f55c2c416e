/** Tasks in the background of a chat at a terminal, as a person sees them: the screen is compared. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChatScene, type Window } from "../support/chat_scene.ts";
import { eventually } from "../support/eventually.ts";
import type { Pty } from "../support/pty.ts";

/** Ids and times are not the same twice. */
function settled(screen: readonly string[]): string[] {
  return screen.map((line) =>
    line.replace(/\(([0-9A-Z]{6})\)/g, "(######)").replace(/\b\d+(\.\d)?s\b/g, "#s")
  );
}

/** The last lines of the screen, joined. */
const end = (screen: readonly string[], count: number) => settled(screen).slice(-count).join("|");

async function asked(pty: Pty, line: string, answer: string): Promise<void> {
  await pty.type(`${line}\r`);
  await pty.until((screen) => screen.includes(answer) && screen.slice(-2).join("|") === "|>");
}

/** The short id of a task, as the chat has told it. */
function shortIdOf(pty: Pty, title: string): string {
  const text = pty.screen().join(" ").replace(/\s+/g, " ");
  const id = new RegExp(`${title} \\(([0-9A-Z]{6})\\)`).exec(text)?.[1];
  assert(id !== undefined, text);
  return id;
}

Deno.test("the weather is looked up in the background while one chats on", async () => {
  await using world = await ChatScene.open();
  await world.scene.service();
  const pty = await world.chat(["--conversation", "c1"]);
  await asked(pty, "weather in Oslo", "Started.");
  await asked(pty, "hello", "You said: hello");
  await pty.type("half ty");
  await pty.until("> half ty");
  world.gate("Oslo").release();
  const shown = ["You said: hello", "", "✓ Weather in Oslo (######)", "  It is fine in Oslo 👍🏽"];
  await pty.until((screen) => end(screen, 5) === [...shown, "> half ty"].join("|"));
  await pty.type("ped\r");
  await pty.until("You said: half typed");
});

Deno.test("three tasks that end while an answer comes are told together, when it is over", async () => {
  await using world = await ChatScene.open();
  await world.scene.service();
  const pty = await world.chat(["--conversation", "c1"]);
  await asked(pty, "weather in Oslo, Bergen, Berlin", "Started.");
  await pty.type("slow please\r");
  await world.answer.reached;
  for (const place of ["Oslo", "Bergen", "Berlin"]) world.gate(place).release();
  await eventually(
    "three notifications",
    () => world.scene.notifications("c1").length === 3 || undefined,
  );
  await pty.type("typed ahead");
  await pty.until((screen) => screen.at(-1) === "> typed ahead");
  // By then they would have been shown.
  await pty.until("nothing more for 3s… · Ctrl-C stops");
  assert(!pty.screen().join("\n").includes("ended"));
  world.answer.release();
  await pty.until((screen) =>
    end(screen, 1) === "> typed ahead" && screen.includes("✓ 3 tasks ended")
  );
  const [head, ...lines] = settled(pty.screen()).slice(-6);
  assertEquals(head, "✓ 3 tasks ended");
  assertEquals(lines.slice(0, 3).sort(), [
    "  ✓ Weather in Bergen (######): It is fine in Bergen 👍🏽",
    "  ✓ Weather in Berlin (######): It is fine in Berlin 👍🏽",
    "  ✓ Weather in Oslo (######): It is fine in Oslo 👍🏽",
  ]);
  assertEquals(lines.slice(3), ["  /task ID or /notifications show more", "> typed ahead"]);
  const before = settled(pty.screen()).slice(-8, -6);
  assertEquals(before, ["one half, other half", ""]);
  await eventually(
    "all acknowledged",
    () => world.scene.names("notifications/c1/read").length === 3 || undefined,
  );
});

Deno.test("/tasks shows what runs, /task follows it to its end, which is told once", async () => {
  await using world = await ChatScene.open();
  await world.scene.service();
  const pty = await world.chat(["--conversation", "c1"]);
  await asked(pty, "weather in Oslo", "Started.");
  await world.gate("Oslo").reached;
  await pty.type("/tasks\r");
  await pty.until((screen) =>
    /^ {2}running #s · step 2, thinking \(#s\)$/m.test(settled(screen).join("\n"))
  );
  await pty.type("/task osl\t");
  const id = shortIdOf(pty, "Weather in Oslo");
  await pty.until(`> /task ${id}`);
  await pty.type("\r");
  await pty.until("get_weather finished (");
  await pty.until("Esc leaves it");
  const steps = settled(pty.screen());
  const begun = steps.indexOf("  │ Weather in Oslo");
  assertEquals(steps.slice(begun + 1, begun + 4).map((line) => line.replace("#s   ", "").trim()), [
    "attempt 1",
    "answer 1 (#s): calls get_weather",
    'get_weather started: {"place":"Oslo"}',
  ]);
  world.gate("Oslo").release();
  await pty.until((screen) => end(screen, 2) === "|>" && screen.includes("It is fine in Oslo 👍🏽"));
  assertMatch(
    end(pty.screen(), 6),
    /answer 2 \(#s\)\|✓ Weather in Oslo \(#{6}\)\|\|It is fine in Oslo 👍🏽\|\|>$/,
  );
  await eventually(
    "acknowledged",
    () => world.scene.names("notifications/c1/read").length === 1 || undefined,
  );
  await asked(pty, "hello", "You said: hello");
  assertEquals(pty.screen().filter((line) => line.includes("It is fine")).length, 1);
});

Deno.test("sending something ends the following; a running task is cancelled from the chat", async () => {
  await using world = await ChatScene.open();
  await world.scene.service();
  const pty = await world.chat(["--conversation", "c1"]);
  await asked(pty, "weather in Oslo", "Started.");
  await world.gate("Oslo").reached;
  const id = shortIdOf(pty, "Weather in Oslo");
  await pty.type(`/task ${id}\r`);
  await pty.until("Esc leaves it");
  await asked(pty, "hello", "You said: hello");
  await pty.type(`/task ${id}\r`);
  await pty.until("Esc leaves it");
  await pty.type("\x1b");
  await pty.until((screen) => !screen.join("\n").includes("Esc leaves it"));
  await pty.type(`/cancel ${id}\r`);
  await pty.until((screen) => end(screen, 3) === 'Cancelled "Weather in Oslo" (######).||>');
  await eventually(
    "acknowledged",
    () => world.scene.names("notifications/c1/read").length === 1 || undefined,
  );
  assert(!pty.screen().join("\n").includes("✗"));
});

Deno.test("who leaves and comes back is told what ended meanwhile", async () => {
  await using world = await ChatScene.open();
  await world.scene.service();
  const first = await world.chat(["--conversation", "c1"]);
  await asked(first, "weather in Oslo, Bergen", "Started.");
  await first.type("half\x03");
  assertEquals(await first.exitCode(), 130);
  const note = "2 tasks keep running in the background; back with --conversation c1";
  assertEquals(first.screen().slice(-2), ["> half", note]);
  for (const place of ["Oslo", "Bergen"]) world.gate(place).release();
  await eventually(
    "two notifications",
    () => world.scene.notifications("c1").length === 2 || undefined,
  );
  const second = await world.chat(["--continue"]);
  await second.until("✓ 2 tasks ended while you were away");
  await second.until((screen) => screen.at(-1) === ">");
  // What was half typed is not lost.
  await second.type("\x1b[A");
  await second.until("> half");
  await second.type("\x15\x04");
  assertEquals(await second.exitCode(), 0);
});

const HALF = "👩‍👩‍👧 half typed 日本語, over the three rows of a narrow window 🇳🇴, and then some";

for (const emoji of ["joined", "parts"] as const) {
  Deno.test(`at 40 columns nothing is garbled around three rows of half-typed emoji (${emoji})`, async () => {
    const window: Window = { columns: 40, rows: 20, emoji };
    await using world = await ChatScene.open();
    await world.scene.service();
    const pty = await world.chat(["--conversation", "c1"], window);
    await asked(pty, "weather in Oslo, Bergen", "Started.");
    await pty.type(HALF);
    const bare = (rows: readonly string[]) => rows.join("").replace(/\s/g, "");
    await pty.until((screen) => bare(screen.slice(-3)) === bare(["> ", HALF]));
    const typed = pty.screen().slice(-3);
    const { column } = pty.cursor();
    world.gate("Oslo").release();
    await pty.until((screen) =>
      end(screen, 5) ===
        ["✓ Weather in Oslo (######)", "  It is fine in Oslo 👍🏽", ...typed].join("|")
    );
    assertEquals(pty.cursor(), { row: pty.screen().length - 1, column });
    await pty.type("\x01X");
    await pty.until((screen) => screen.at(-3)?.startsWith("> X👩‍👩‍👧") ?? false);
    world.gate("Bergen").release();
    await pty.until((screen) =>
      end(screen, 5).startsWith("✓ Weather in Bergen (######)|  It is fine")
    );
    assertEquals(pty.cursor(), { row: pty.screen().length - 3, column: 3 });
    await pty.type("\r");
    await pty.until("You said: X👩‍👩‍👧");
    const text = bare(pty.screen());
    assertEquals(text.split("andthensome").length, 3, text);
  });
}

for (const rewraps of [true, false]) {
  const how = rewraps ? "breaks" : "leaves";
  Deno.test(`a window that is made narrow, and ${how} the cursor's row, shows what was typed once`, async () => {
    await using world = await ChatScene.open();
    const pty = await world.chat(["--conversation", "c1"], { columns: 80, rows: 20, rewraps });
    const before = pty.screen().slice(0, -1);
    const typed = "one line of text that is somewhat longer than forty columns";
    await pty.type(typed);
    await pty.until((screen) => screen.at(-1) === `> ${typed}`);
    await pty.until(() => pty.cursor().column === typed.length + 2);
    await pty.resize(30, 20);
    const narrow = ["> one line of text that is som", "ewhat longer than forty column", "s"];
    await pty.until((screen) => screen.slice(-3).join("|") === narrow.join("|"));
    assertEquals(pty.screen().filter((line) => line.includes("one line")).length, 1);
    await pty.type("!");
    await pty.until((screen) => screen.at(-1) === "s!");
    await pty.until(() => pty.cursor().column === 2);
    await pty.resize(80, 20);
    // It may be seen while the chat still draws it anew: what counts is what stays.
    const after = [...before, `> ${typed}!`].join("\n");
    await pty.until((screen) => screen.join("\n") === after);
  });
}
