import { assertEquals } from "@std/assert";
import { Interrupts } from "../../../lib/cli/interrupts.ts";

Deno.test("one Ctrl-C that is delivered twice counts once, a later one again", () => {
  let now = 0;
  let count = 0;
  const interrupts = new Interrupts(() => now);
  interrupts.handle(() => count++);
  const counts = [0, 3, 499, 1200, 1201].map((time) => {
    now = time;
    interrupts.raise();
    return count;
  });
  assertEquals(counts, [1, 1, 1, 2, 2]);
});

Deno.test("toSignal() is aborted by the next interrupt", () => {
  const interrupts = new Interrupts(() => 0);
  const signal = interrupts.toSignal();
  assertEquals(signal.aborted, false);
  interrupts.raise();
  assertEquals(signal.aborted, true);
});
