import { assertEquals } from "@std/assert";
import { renderStatistics } from "../../../../lib/cli/tasks/render_statistics.ts";
import type { Statistics } from "../../../../lib/task/statistics.ts";

const day = (number: number) => ({
  day: `2026-01-${String(number).padStart(2, "0")}`,
  completed: 1_234,
  failed: 5,
  cancelled: 0,
  input_tokens: 1_000_000,
  output_tokens: 20,
});

const STATISTICS: Statistics = {
  states: { pending: 1, running: 2, completed: 1_234, failed: 5 },
  success_rate: 0.99996,
  ended_last_hour: 3,
  ended_last_day: 40,
  pick_up_ms: { count: 9, p50: 1.6, p90: 20, p99: 900, max: 61_000 },
  run_ms: null,
  errors: { timeout: 4, "bad\u001b[31m": 1 },
  attempts: { retry: 1, rate_limited: 2, interrupted: 3, crashed: 4 },
  reruns: 5,
  usage: {
    input_tokens: 1_000_000,
    output_tokens: 20,
    model_calls: 7,
    tool_calls: 8,
    estimated: true,
  },
  days: [day(2), day(1)],
};
const MODEL = { model: "m1", answers: 7, input_tokens: 10, output_tokens: 2, estimated: true };

function lines(columns: number | undefined, statistics = STATISTICS): string[] {
  return renderStatistics(statistics, [MODEL], { color: false, columns }).split("\n");
}

Deno.test("statistics are read at 80 columns", () => {
  assertEquals(lines(80), [
    "Tasks      1 pending, 2 running, 1,234 completed, 5 failed",
    "Success    99.9 %, cancelled ones apart",
    "Failures   4 timeout, 1 bad",
    "Ended      3 in the last hour, 40 in the last 24 hours",
    "Picked up  p50 2ms, p90 20ms, p99 900ms, max 1m1s",
    "Ran        none ended after a start",
    "Attempts   1 tried again, 2 rate limited, 3 interrupted, 4 crashed, 5 by hand",
    "Tokens     about 1,000,000 in, 20 out; 7 model calls, 8 tool calls",
    "",
    "DAY         COMPLETED  FAILED  CANCELLED  TOKENS IN  TOKENS OUT",
    "2026-01-02      1,234       5          0  1,000,000          20",
    "2026-01-01      1,234       5          0  1,000,000          20",
    "",
    "MODEL  ANSWERS  TOKENS IN  TOKENS OUT",
    "m1           7        ~10          ~2",
    "",
  ]);
});

Deno.test("statistics are read at 40 columns: what does not fit goes on below, or goes", () => {
  assertEquals(lines(40).slice(0, 16), [
    "Tasks      1 pending, 2 running, 1,234",
    "           completed, 5 failed",
    "Success    99.9 %, cancelled ones apart",
    "Failures   4 timeout, 1 bad",
    "Ended      3 in the last hour, 40 in",
    "           the last 24 hours",
    "Picked up  p50 2ms, p90 20ms, p99",
    "           900ms, max 1m1s",
    "Ran        none ended after a start",
    "Attempts   1 tried again, 2 rate",
    "           limited, 3 interrupted, 4",
    "           crashed, 5 by hand",
    "Tokens     about 1,000,000 in, 20 out;",
    "           7 model calls, 8 tool calls",
    "",
    "DAY         COMPLETED  FAILED",
  ]);
});

Deno.test("only the newest fortnight is in the table, and it says how many days more there are", () => {
  const days = Array.from({ length: 16 }, (_, i) => day(16 - i));
  const all = lines(80, { ...STATISTICS, days });
  assertEquals(all.filter((line) => line.startsWith("2026-")).length, 14);
  assertEquals(all.includes("… and 2 more days: --json has them all"), true);
});
