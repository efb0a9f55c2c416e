import { assertEquals } from "@std/assert";
import { MarkdownAnswer, PlainAnswer } from "../../../../lib/cli/chat/answer_output.ts";
import type { LiveOutput } from "../../../../lib/cli/screen/live_view.ts";
import { type StyledLine, textOf } from "../../../../lib/cli/styled_line.ts";
import { CapturedTerminal } from "../../../support/captured_terminal.ts";

const task = (id: string) => ({ id, title: "Weather in\nOslo", state: "pending" as const });

/** Where an answer is shown, as it was shown last. */
class ShownOutput implements LiveOutput {
  printed = "";
  #lines: (() => readonly StyledLine[]) | undefined;
  #status: (() => string | undefined) | undefined;

  print(text: string): void {
    this.printed += text;
  }

  show(lines?: () => readonly StyledLine[], status?: () => string | undefined): void {
    this.#lines = lines;
    this.#status = status;
  }

  get lines(): string[] | undefined {
    return this.#lines?.().map(textOf);
  }

  get status(): string | undefined {
    return this.#status?.();
  }
}

Deno.test("an answer gives a line to a task only where it does not name its id", () => {
  for (const isLive of [true, false]) {
    const terminal = new CapturedTerminal();
    const live = new ShownOutput();
    const output = isLive ? new MarkdownAnswer(live, terminal) : new PlainAnswer(terminal);
    output.text("One moment.");
    output.step();
    output.scheduled(task("01JAAAAAAAAAAAAAAAAAZDFHA5"));
    output.scheduled(task("01JAAAAAAAAAAAAAAAAAQQQQQ1"));
    output.scheduled(task("oslo-1"));
    output.text("Started: task 01JAAAAAAAAAAAAAAAAAZDF");
    output.text("HA5, and oslo-1");
    output.end();
    output.end();
    assertEquals(
      isLive ? live.printed : terminal.stdout,
      "One moment.\nStarted: task 01JAAAAAAAAAAAAAAAAAZDFHA5, and oslo-1\n" +
        "○ Weather in Oslo (QQQQQ1)\n",
    );
  }
});

Deno.test("what is whole is printed, what is not is shown below, and never both", () => {
  const live = new ShownOutput();
  const answer = new MarkdownAnswer(live, new CapturedTerminal());
  answer.text("First **par");
  assertEquals([live.printed, live.lines], ["", ["First **par"]]);
  answer.text("agraph**\n\nSec");
  assertEquals([live.printed, live.lines], ["First paragraph\n", ["", "Sec"]]);
  answer.text("ond\n```\ncode 1\ncode 2");
  const rule = "─".repeat(40);
  assertEquals(live.printed, `First paragraph\n\nSecond\n${rule}\ncode 1\n`);
  assertEquals(live.lines, ["code 2"]);
  answer.end();
  assertEquals(
    live.printed,
    `First paragraph\n\nSecond\n${rule}\ncode 1\ncode 2\n${rule}\n`,
  );
  assertEquals(live.lines, undefined);
});

Deno.test("while nothing comes a line says what goes on and for how long, gone with the first text", () => {
  let now = 0;
  const live = new ShownOutput();
  const answer = new MarkdownAnswer(live, new CapturedTerminal(), () => now);
  assertEquals(live.status, "thinking… · Ctrl-C stops");
  now = 3_400;
  assertEquals(live.status, "thinking… 3s · Ctrl-C stops");
  answer.calling("schedule_background_task\x1b[2J");
  assertEquals(live.status, "calling schedule_background_task… · Ctrl-C stops");
  answer.waiting(2_000);
  now += 500;
  assertEquals(live.status, "no answer, asking again in 2 s… · Ctrl-C stops");
  now += 1_500;
  assertEquals(live.status, "asking again… · Ctrl-C stops");
  answer.text("A");
  assertEquals([live.status, live.lines], [undefined, ["A"]]);
  now += 5_000;
  assertEquals([live.status, live.lines], ["nothing more for 5s… · Ctrl-C stops", ["A"]]);
  answer.text("B");
  assertEquals([live.status, live.lines], [undefined, ["AB"]]);
  answer.step();
  assertEquals([live.status, live.printed], ["thinking… · Ctrl-C stops", "AB\n"]);
  answer.end();
  assertEquals(live.status, undefined);
});

Deno.test("what comes as a stream of pieces is no escape sequence, however it is cut", () => {
  for (const isLive of [true, false]) {
    const terminal = new CapturedTerminal();
    const live = new ShownOutput();
    const output = isLive ? new MarkdownAnswer(live, terminal) : new PlainAnswer(terminal);
    for (const piece of ["a\x1b", "[2", "Jb \x1b]0;ow", "ned\x07c &#27;", "[2J\x9b", "2Jd"]) {
      output.text(piece);
    }
    output.end();
    const shown = isLive ? live.printed : terminal.stdout;
    assertEquals(shown, isLive ? "ab c d\n" : "ab c &#27;[2Jd\n");
  }
});
