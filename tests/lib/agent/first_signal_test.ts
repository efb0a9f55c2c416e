import { assertEquals } from "@std/assert";
import { FirstSignal } from "../../../lib/agent/first_signal.ts";

Deno.test("FirstSignal names the source that fires first and aborts its own signal", async () => {
  const [a, b] = [new AbortController(), new AbortController()];
  using first = new FirstSignal({ a: a.signal, b: b.signal });
  assertEquals([first.cause, first.signal.aborted], [undefined, false]);
  b.abort();
  a.abort();
  assertEquals([first.cause, first.signal.aborted], ["b", true]);
  assertEquals(await first.fired, "b");
});

Deno.test("FirstSignal has fired at once when a source is aborted already", () => {
  using first = new FirstSignal({ a: new AbortController().signal, b: AbortSignal.abort() });
  assertEquals([first.cause, first.signal.aborted], ["b", true]);
});

Deno.test("FirstSignal fires by its timer, at once when no time is left", async () => {
  using late = new FirstSignal<"a" | "time">({}, { cause: "time", ms: 1 });
  assertEquals(late.cause, undefined);
  assertEquals(await late.fired, "time");
  using now = new FirstSignal<"a" | "time">({}, { cause: "time", ms: -5 });
  assertEquals(now.cause, "time");
});

Deno.test("FirstSignal waits for longer than setTimeout can count", () => {
  using first = new FirstSignal<"time">({}, { cause: "time", ms: 2 ** 40 });
  assertEquals(first.cause, undefined);
});

Deno.test({
  name: "FirstSignal listens to nothing and leaves no timer behind once it is disposed of",
  sanitizeOps: true,
  sanitizeResources: true,
  fn: () => {
    const source = new AbortController();
    const first = new FirstSignal<"a" | "time">({ a: source.signal }, {
      cause: "time",
      ms: 60_000,
    });
    first[Symbol.dispose]();
    source.abort();
    assertEquals([first.cause, first.signal.aborted], [undefined, false]);
  },
});
