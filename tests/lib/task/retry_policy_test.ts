import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  backoffDelay,
  BASE_DELAY_MS,
  decideRetry,
  isPoisonous,
  MAX_DELAY_MS,
} from "../../../lib/task/retry_policy.ts";

const attempt = fc.integer({ min: 1, max: 100 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const now = fc.integer({ min: 0, max: 4_000_000_000_000 });

Deno.test("backoffDelay() lies between nothing and a ceiling that doubles up to the cap", () => {
  fc.assert(fc.property(attempt, chance, (n, random) => {
    const delay = backoffDelay(n, random);
    const ceiling = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (n - 1));
    assert(Number.isInteger(delay) && delay >= 0 && delay < ceiling);
  }));
  assertEquals([1, 2, 3, 9, 10, 100].map((n) => backoffDelay(n, 0.5)), [
    2_000,
    4_000,
    8_000,
    150_000,
    150_000,
    150_000,
  ]);
});

Deno.test("decideRetry() gives up exactly when the attempts are used up", () => {
  fc.assert(fc.property(attempt, attempt, chance, (n, max_attempts, random) => {
    const { retry } = decideRetry({ attempt: n, max_attempts }, 0, random);
    assertEquals(retry, n < max_attempts);
  }));
});

Deno.test("decideRetry() never gives up on what uses up no attempt", () => {
  fc.assert(
    fc.property(
      attempt,
      attempt,
      chance,
      (n, max_attempts, random) =>
        decideRetry({ attempt: n, max_attempts, free: true }, 0, random).retry,
    ),
  );
});

Deno.test("decideRetry() never cuts a server's Retry-After and adds at most a second", () => {
  const after = fc.integer({ min: 0, max: 400 * 24 * 3_600_000 });
  fc.assert(fc.property(attempt, after, now, chance, (n, retry_after_ms, at, random) => {
    const decision = decideRetry({ attempt: n, max_attempts: 101, retry_after_ms }, at, random);
    assert(decision.retry);
    assert(decision.at >= at + retry_after_ms);
    assert(decision.at <= at + retry_after_ms + 1_000);
  }));
});

Deno.test("decideRetry() names an instant that a record can hold, however long the wait", () => {
  for (const retry_after_ms of [1e15, 1e18, Infinity]) {
    const decision = decideRetry({ attempt: 1, max_attempts: 3, retry_after_ms }, Date.now(), 0);
    assert(decision.retry);
    assertEquals(new Date(decision.at).toISOString(), "9999-12-31T00:00:00.000Z");
  }
});

Deno.test("isPoisonous() is true from the fourth interruption on", () => {
  assertEquals([0, 1, 3, 4, 9].map(isPoisonous), [false, false, false, true, true]);
});
