import { assertEquals } from "@std/assert";
import { AnswerOutput } from "../../../lib/cli/answer_output.ts";
import { CapturedTerminal } from "../../support/captured_terminal.ts";

const task = (id: string) => ({ id, title: "Weather in\nOslo", state: "pending" as const });

Deno.test("AnswerOutput gives a line to a task only where the answer does not name its id", () => {
  const terminal = new CapturedTerminal();
  const output = new AnswerOutput(terminal);
  output.text("One moment.");
  output.endLine();
  output.scheduled(task("01JAAAAAAAAAAAAAAAAAZDFHA5"));
  output.scheduled(task("01JAAAAAAAAAAAAAAAAAQQQQQ1"));
  output.scheduled(task("oslo-1"));
  output.text("Started: task 01JAAAAAAAAAAAAAAAAAZDF");
  output.text("HA5, and oslo-1");
  output.end();
  output.end();
  assertEquals(
    terminal.stdout,
    "One moment.\nStarted: task 01JAAAAAAAAAAAAAAAAAZDFHA5, and oslo-1\n" +
      "○ Weather in Oslo (QQQQQ1)\n",
  );
});
