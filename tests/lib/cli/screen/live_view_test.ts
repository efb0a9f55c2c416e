import { assertEquals } from "@std/assert";
import { LiveView } from "../../../../lib/cli/screen/live_view.ts";
import { CapturedTerminal } from "../../../support/captured_terminal.ts";

Deno.test("a closed view prints plain lines, and draws nothing any more", () => {
  const terminal = new CapturedTerminal();
  const view = new LiveView(terminal, () => ({
    queued: ["waits"],
    input: undefined,
    prompt: "> ",
    completion: undefined,
  }));
  view.print("first");
  view.close();
  terminal.stdout = "";
  view.show(undefined, () => "goes on");
  view.draw();
  view.clear();
  view.print("second");
  view.print("third\n", "err");
  assertEquals([terminal.stdout, terminal.stderr], ["second\n", "third\n"]);
});
