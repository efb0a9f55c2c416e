import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ClaimOrder } from "../../../../lib/queue/file/claim_order.ts";
import { PendingEntry } from "../../../../lib/queue/file/pending_entry.ts";

/** A clock that the test moves, with the one timer that the order may set. */
class Clock {
  time = 1_000;
  timer: { at: number; callback: () => void } | undefined;
  set = 0;
  readonly now = () => this.time;
  readonly after = (milliseconds: number, callback: () => void) => {
    this.set++;
    const timer = { at: this.time + milliseconds, callback };
    this.timer = timer;
    return { cancel: () => void (this.timer === timer && (this.timer = undefined)) };
  };

  move(milliseconds: number): void {
    this.time += milliseconds;
    const due = this.timer;
    if (due === undefined || due.at > this.time) return;
    this.timer = undefined;
    due.callback();
  }
}

function drain(order: ClaimOrder): string[] {
  const stems: string[] = [];
  for (let entry = order.take(); entry !== undefined; entry = order.take()) stems.push(entry.stem);
  return stems;
}

Deno.test("ClaimOrder gives the highest priority first, then the oldest, then by name", () => {
  const entries = fc.array(fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    created: fc.integer({ min: 0, max: 3 }),
  }));
  fc.assert(fc.property(entries, (facts) => {
    const order = new ClaimOrder(new Clock(), () => {});
    const all = facts.map((fact, i) =>
      new PendingEntry(`t-${String(i).padStart(3, "0")}`, 0, 1, fact)
    );
    for (const entry of all) order.insert(entry);
    const wanted = all.toSorted((a, b) => b.priority - a.priority || a.created - b.created);
    assertEquals(drain(order), wanted.map(({ stem }) => stem));
  }));
});

Deno.test("ClaimOrder counts the last entry of a name alone, and none that was removed", () => {
  const order = new ClaimOrder(new Clock(), () => {});
  order.insert(new PendingEntry("a", 0, 1, { priority: 9 }));
  order.insert(new PendingEntry("b", 0, 1, { priority: 5 }));
  order.insert(new PendingEntry("a", 0, 1, { priority: 1 }));
  order.insert(new PendingEntry("c", 0, 1, { priority: 7 }));
  order.remove("c");
  assertEquals(drain(order), ["b", "a"]);
});

Deno.test("ClaimOrder tells when a task becomes due, with one timer for all that wait", () => {
  const clock = new Clock();
  let told = 0;
  const order = new ClaimOrder(clock, () => told++);
  for (let i = 1; i <= 100; i++) order.insert(new PendingEntry(`t-${i}`, 1_000 + i * 100, 1));
  assertEquals([clock.set, told, order.take()], [1, 0, undefined]);
  clock.move(100);
  assertEquals([told, order.take()?.stem, order.take()], [1, "t-1", undefined]);
  // One that is due sooner than the one that the timer is set for.
  order.insert(new PendingEntry("soon", 1_150, 1));
  clock.move(50);
  assertEquals([told, order.take()?.stem], [2, "soon"]);
  order.close();
  clock.move(10_000);
  assertEquals(told, 2);
});

Deno.test("ClaimOrder goes on in the same order when it forgets what was removed", () => {
  const clock = new Clock();
  const order = new ClaimOrder(clock, () => {});
  for (let i = 0; i < 12_000; i++) {
    order.insert(new PendingEntry(`t-${i}`, i % 2 === 0 ? 0 : 2_000, 1, { created: i }));
  }
  for (let i = 20; i < 12_000; i++) order.remove(`t-${i}`);
  order.compact();
  const even = Array.from({ length: 10 }, (_, i) => `t-${2 * i}`);
  assertEquals(drain(order), even);
  clock.move(1_000);
  assertEquals(drain(order), even.map((_, i) => `t-${2 * i + 1}`));
});
