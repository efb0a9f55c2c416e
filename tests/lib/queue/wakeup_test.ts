import { assertEquals } from "@std/assert";
import { Wakeup } from "../../../lib/queue/wakeup.ts";

Deno.test("Wakeup wakes everybody who waits, and says whether anybody does", async () => {
  const wakeup = new Wakeup();
  const stop = new AbortController();
  assertEquals(wakeup.isAwaited, false);
  wakeup.wake();
  const both = [wakeup.next(stop.signal), wakeup.next(stop.signal)];
  assertEquals(wakeup.isAwaited, true);
  wakeup.wake();
  await Promise.all(both);
  assertEquals(wakeup.isAwaited, false);
  const aborted = wakeup.next(stop.signal);
  stop.abort();
  await aborted;
  await wakeup.next(stop.signal);
  assertEquals(wakeup.isAwaited, false);
});
