import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseRecord, withDefaults } from "../../../lib/task/parse_record.ts";
import { type TaskRecord } from "../../../lib/task/record.ts";
import {
  beginAttempt,
  type ClaimedRecord,
  dueAt,
  endAttempt,
  type Ending,
  interruptionsAfter,
  retryByHand,
  targetOf,
  timeInRunning,
} from "../../../lib/task/transitions.ts";

const OWNER = { service_id: "s1", pid: 7, host: "here" };
const START = Date.UTC(2026, 0, 1);
const USAGE = {
  input_tokens: 1,
  output_tokens: 2,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const ERROR = { code: "model_unavailable", message: "no answer" } as const;

const DONE: Ending = { kind: "completed", result: "r", artifacts: ["a"], usage: USAGE };
const FAILED: Ending = { kind: "failed", error: ERROR, usage: USAGE };
const RETRY: Ending = { kind: "retry", retry_at: START + 9, error: ERROR, uses_attempt: true };
const LIMITED: Ending = { ...RETRY, uses_attempt: false } as Ending;
const STOPPED: Ending = { kind: "interrupted" };
const crashed = (progress: number): Ending => ({ kind: "crashed", progress, last_seen: START });

const fresh = (): TaskRecord =>
  withDefaults("x", { conversation_id: "c1", prompt: "p", note: 1 }, START);
const begin = (record: TaskRecord, now = START) => beginAttempt(record, OWNER, "inc-1", now);

/** What the next claims count after each of these endings. */
function counts(endings: readonly Ending[]): [number, number, number][] {
  let record = begin(fresh());
  const all: [number, number, number][] = [[record.run, record.attempt, record.interruptions]];
  for (const ending of endings) {
    record = begin(endAttempt(record, ending, START));
    all.push([record.run, record.attempt, record.interruptions]);
  }
  return all;
}

Deno.test("beginAttempt() counts an attempt only where the last one was used up", () => {
  assertEquals(counts([RETRY, LIMITED, STOPPED, RETRY]).map(([, attempt]) => attempt), [
    1,
    2,
    2,
    2,
    3,
  ]);
});

Deno.test("a stop of the service costs no attempt and no interruption", () => {
  assertEquals(counts([STOPPED, STOPPED]), [[1, 1, 0], [1, 1, 0], [1, 1, 0]]);
});

Deno.test("a crash costs an interruption, and a finished step begins their count anew", () => {
  const series = [crashed(0), crashed(0), crashed(2), crashed(2), crashed(3)];
  assertEquals(counts(series).map(([, , n]) => n), [0, 1, 2, 1, 2, 1]);
  assertEquals(counts([crashed(0), RETRY]).map(([, attempt, n]) => [attempt, n]), [
    [1, 0],
    [1, 1],
    [2, 0],
  ]);
});

Deno.test("interruptionsAfter() compares with the progress that was recorded last", () => {
  const record = { ...begin(fresh()), interruptions: 2, progress: 5 };
  assertEquals([4, 5, 6].map((progress) => interruptionsAfter(record, progress)), [3, 3, 1]);
});

Deno.test("retryByHand() leads to a new run that keeps the incarnation and the old ending", () => {
  const failed = endAttempt(begin(fresh()), FAILED, START + 5);
  const back = retryByHand(failed, false);
  assertEquals(back.staged, undefined);
  assertEquals(back.error, failed.error);
  const again = beginAttempt(back, OWNER, "inc-2", START + 9);
  assertEquals([again.run, again.attempt, again.incarnation], [2, 1, "inc-1"]);
  assertEquals(again.attempts[0]?.error as unknown, { ...ERROR, attempt: 1 });
  assertEquals(again.attempts[0]?.["usage"], USAGE);
  for (
    const field of ["finished_at", "duration_ms", "error", "summary", "usage", "staged", "retry_at"]
  ) {
    assertEquals(again[field], undefined, field);
  }
  assertEquals(again["note"], 1);
});

Deno.test("retryByHand() with fresh forgets the journal by a new incarnation", () => {
  const done = endAttempt({ ...begin(fresh()), progress: 4 }, DONE, START + 5);
  const again = beginAttempt(retryByHand(done, true), OWNER, "inc-2", START + 9);
  assertEquals([again.run, again.incarnation, again.progress], [2, "inc-2", undefined]);
  assertEquals(again.attempts[0]?.["result"], "r");
});

Deno.test("endAttempt() writes what each ending says and where it goes", () => {
  const record = begin(fresh());
  const done = endAttempt(record, DONE, START + 1_500);
  assertEquals(done.staged as unknown, { to: "completed", run: 1 });
  assertEquals([done.result, done.artifacts, done.duration_ms], ["r", ["a"], 1_500]);
  assertEquals(done.finished_at, "2026-01-01T00:00:01.500Z");
  assertEquals(done.service_id, "s1");
  const failed = endAttempt(record, FAILED, START);
  assertEquals([done.summary, failed.summary], ["r", "no answer"]);
  assertEquals(done.result_artifact, undefined);
  const asFile = endAttempt(record, { ...DONE, result_artifact: "result.md" }, START);
  assertEquals(asFile.result_artifact, "result.md");
  assertEquals(failed.error as unknown, { ...ERROR, attempt: 1 });
  const back = endAttempt(record, RETRY, START);
  assertEquals([back.retry_at, back.last_error as unknown], ["2026-01-01T00:00:00.009Z", ERROR]);
  assertEquals([back.service_id, back.pid, back.started_at], [undefined, undefined, undefined]);
});

Deno.test("endAttempt() says how the attempt ended", () => {
  const cancelled: Ending = { kind: "failed", error: { code: "cancelled", message: "m" } };
  const outcomes = [DONE, FAILED, cancelled, RETRY, LIMITED, STOPPED, crashed(0)].map((ending) =>
    endAttempt(begin(fresh()), ending, START).attempts?.at(-1)?.outcome
  );
  assertEquals(outcomes, [
    "completed",
    "failed",
    "cancelled",
    "retry",
    "rate_limited",
    "interrupted",
    "crashed",
  ]);
});

Deno.test("a crashed attempt ended with its last sign of life, never before it began or later than now", () => {
  const record = begin(fresh(), START + 1_000);
  const endedAt = (last_seen: number) =>
    endAttempt(record, { kind: "crashed", progress: 0, last_seen }, START + 5_000)
      .attempts?.at(-1)?.ended_at;
  assertEquals(endedAt(START + 3_000), "2026-01-01T00:00:03.000Z");
  assertEquals(endedAt(START), "2026-01-01T00:00:01.000Z");
  assertEquals(endedAt(START + 9_000), "2026-01-01T00:00:05.000Z");
});

Deno.test("timeInRunning() adds up one run's attempts and leaves out the waiting", () => {
  let record = begin(fresh(), START);
  record = begin(endAttempt(record, RETRY, START + 1_000), START + 60_000);
  record = begin(endAttempt(record, STOPPED, START + 62_000), START + 90_000);
  assertEquals(timeInRunning(record.attempts, 1, START + 94_000), 7_000);
  assertEquals(timeInRunning(record.attempts, 2, START + 94_000), 0);
  assertEquals(timeInRunning(record.attempts, 1, START), 3_000);
});

Deno.test("dueAt() is the later of run_at and retry_at", () => {
  const run_at = "2026-01-01T00:00:10.000Z";
  const retry_at = "2026-01-01T00:00:20.000Z";
  assertEquals(dueAt(fresh()), 0);
  assertEquals(dueAt({ ...fresh(), run_at }), START + 10_000);
  assertEquals(dueAt({ ...fresh(), run_at, retry_at }), START + 20_000);
});

const ending = fc.oneof(
  fc.constantFrom(DONE, FAILED, RETRY, LIMITED, STOPPED),
  fc.nat({ max: 5 }).map(crashed),
);

Deno.test("whatever happens to a record it can be read back, and never counts backwards", () => {
  fc.assert(fc.property(fc.array(ending, { maxLength: 12 }), fc.boolean(), (endings, isFresh) => {
    let record: TaskRecord = fresh();
    let last = [0, 0];
    for (const each of endings) {
      const claimed: ClaimedRecord = begin(record);
      const now = [claimed.run, claimed.attempt];
      assert(now[0]! > last[0]! || (now[0] === last[0] && now[1]! >= last[1]!));
      last = now;
      const ended = endAttempt(claimed, each, START);
      const bytes = new TextEncoder().encode(JSON.stringify(ended));
      assertEquals(parseRecord("x", bytes, 0, "running") as unknown, {
        kind: "task",
        record: JSON.parse(JSON.stringify(ended)),
      });
      record = targetOf(each) === "pending" ? ended : retryByHand(ended, isFresh);
    }
  }));
});
