/** A task that takes its service down comes back ever later, and apart from the others. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  interruptionDelay,
  isPoisonous,
  MAX_INTERRUPTIONS,
} from "../../../lib/task/retry_policy.ts";
import { parseRecord } from "../../../lib/task/parse_record.ts";
import { beginAttempt, type ClaimedRecord, endAttempt } from "../../../lib/task/transitions.ts";
import { parseTime } from "../../../lib/task/time.ts";

const OWNER = { service_id: "service-a", pid: 1, host: "here" };
const ID = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);

function claimed(interruptions: number, progress: number): ClaimedRecord {
  const text = JSON.stringify({
    conversation_id: "c1",
    prompt: "Do it.",
    interruptions,
    progress,
    incarnation: "i1",
    run: 1,
  });
  const parsed = parseRecord("t1", new TextEncoder().encode(text), 0);
  assert(parsed.kind === "task");
  return beginAttempt(parsed.record, OWNER, "unused", 1_000);
}

Deno.test("interruptionDelay() is nothing after one interruption: the task goes on at once", () => {
  fc.assert(fc.property(ID, (id) => {
    assertEquals(interruptionDelay(0, id), 0);
    assertEquals(interruptionDelay(1, id), 0);
  }));
});

Deno.test("interruptionDelay() grows with each interruption in a row, within its bounds", () => {
  fc.assert(fc.property(ID, (id) => {
    const waits = [2, 3, 4].map((n) => interruptionDelay(n, id));
    const bounds = [[500, 2_000], [2_000, 8_000], [8_000, 32_000]];
    for (const [i, wait] of waits.entries()) {
      const [least, most] = bounds[i] as [number, number];
      assert(wait >= least && wait < most, `${wait} is not in [${least}, ${most})`);
    }
  }));
});

Deno.test("interruptionDelay() is bounded for any count", () => {
  fc.assert(fc.property(ID, fc.integer({ min: 2, max: 1e9 }), (id, n) => {
    assert(interruptionDelay(n, id) <= 300_000);
  }));
});

Deno.test("interruptionDelay() brings tasks that went down together back apart", () => {
  const waits = Array.from({ length: 400 }, (_, i) => interruptionDelay(3, `task-${i}`));
  // In each tenth of the interval lies about a tenth of them.
  for (let tenth = 0; tenth < 10; tenth++) {
    const inside = waits.filter((wait) => Math.floor((wait - 2_000) / 600) === tenth).length;
    assert(inside >= 20 && inside <= 65, `${inside} of 400 in tenth ${tenth}`);
  }
});

Deno.test("endAttempt() puts a task back at once after its first crash", () => {
  const ended = endAttempt(
    claimed(0, 0),
    { kind: "crashed", progress: 0, last_seen: 1_500 },
    2_000,
  );
  assertEquals([ended.interruptions, ended.retry_at, ended.last_error], [1, undefined, undefined]);
});

Deno.test("endAttempt() makes a task wait from its second crash in a row on, and says why", () => {
  const ended = endAttempt(
    claimed(1, 0),
    { kind: "crashed", progress: 0, last_seen: 1_500 },
    2_000,
  );
  assertEquals(ended.interruptions, 2);
  assertEquals(parseTime(ended.retry_at ?? ""), 2_000 + interruptionDelay(2, "t1"));
  assertEquals(ended.last_error, {
    code: "service_crashed",
    message: "The service died 2 times in a row while it ran this task.",
  });
});

Deno.test("endAttempt() takes a task that has finished a step since for no suspect", () => {
  const ended = endAttempt(
    claimed(3, 4),
    { kind: "crashed", progress: 5, last_seen: 1_500 },
    2_000,
  );
  assertEquals([ended.interruptions, ended.progress, ended.retry_at], [1, 5, undefined]);
});

Deno.test("a task is given up before its wait could grow without end", () => {
  assert(!isPoisonous(MAX_INTERRUPTIONS));
  assert(isPoisonous(MAX_INTERRUPTIONS + 1));
});
