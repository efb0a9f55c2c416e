import { assertEquals } from "@std/assert";
import { InputQueue } from "../../../../lib/cli/screen/input_queue.ts";

const line = (text: string) => ({ kind: "line" as const, text });
const END = { kind: "end" as const };

Deno.test("what the person did is handed out in order, and then the end", async () => {
  let asked = 0;
  const handed: string[] = [];
  const input = new InputQueue({
    onAsked: () => asked++,
    onHanded: ({ kind }) => handed.push(kind),
  });
  input.send("one");
  input.send("two");
  assertEquals([input.lines, asked], [["one", "two"], 0]);
  assertEquals([await input.next(), await input.next()], [line("one"), line("two")]);
  const waiting = input.next();
  assertEquals([input.isAsked, asked, handed.length], [true, 1, 2]);
  input.send("three");
  assertEquals(await waiting, line("three"));
  input.send("four");
  input.end();
  assertEquals([await input.next(), await input.next(), await input.next()], [
    line("four"),
    END,
    END,
  ]);
});

Deno.test("an interrupt stops what runs once, and is an event the second time", async () => {
  const input = new InputQueue({ onAsked: () => {} });
  const told: string[] = [];
  await input.busy({
    onInterrupt: () => told.push("interrupt"),
    onLine: () => told.push("line"),
  }, () => {
    input.send("one");
    assertEquals([input.canStop, input.takeLines(), input.lines], [true, ["one"], []]);
    input.interrupt();
    assertEquals(input.canStop, false);
    input.interrupt();
    return Promise.resolve();
  });
  assertEquals(told, ["line", "interrupt"]);
  assertEquals(await input.next(), { kind: "interrupt" });
});

Deno.test("closing forgets what waits, and lets who asks go", async () => {
  const input = new InputQueue({ onAsked: () => {} });
  const waiting = input.next();
  input.close();
  assertEquals(await waiting, END);
  input.send("one");
  input.close();
  assertEquals(await input.next(), END);
});
