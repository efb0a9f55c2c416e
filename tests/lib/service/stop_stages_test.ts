import { assertEquals } from "@std/assert";
import { StopStages } from "../../../lib/service/stop_stages.ts";

Deno.test("the first signal stops, its echo is nothing, a later one leaves with its own code", () => {
  let now = 0;
  const happened: unknown[] = [];
  const stages = new StopStages(
    () => happened.push("stop"),
    (code) => happened.push(code),
    () => now,
  );
  for (const [time, code] of [[0, 130], [3, 130], [500, 143], [501, 143], [900, 130]] as const) {
    now = time;
    stages.onSignal(code);
  }
  assertEquals(happened, ["stop", 143]);
});

Deno.test("an order after a signal leaves at once, whoever gave them being gone does not", () => {
  const happened: unknown[] = [];
  const stages = new StopStages(() => happened.push("stop"), (code) => happened.push(code));
  stages.onSignal(143);
  stages.onGone();
  assertEquals(happened, ["stop"]);
  stages.onOrder(130);
  assertEquals(happened, ["stop", 130]);
});
