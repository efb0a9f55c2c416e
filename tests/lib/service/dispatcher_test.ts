import { assertEquals, assertRejects } from "@std/assert";
import { Dispatcher } from "../../../lib/service/dispatcher.ts";
import { ModelPause } from "../../../lib/service/model_pause.ts";
import { StopStages } from "../../../lib/service/stop_stages.ts";
import type { ClaimedTask } from "../../../lib/queue/task_queue.ts";
import { fakeQueue, FakeTask } from "./service_rooms_fixture.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A dispatcher on an endless queue whose runs end by hand. */
function scene(concurrency: number, ready: (signal: AbortSignal) => Promise<void>) {
  const ends: (() => void)[] = [];
  let claims = 0;
  let waiting = 0;
  const dispatcher = new Dispatcher({
    queue: fakeQueue({
      claim: (signal) => {
        claims++;
        if (!signal.aborted) return Promise.resolve(new FakeTask() as ClaimedTask);
        waiting++;
        return Promise.resolve(undefined);
      },
    }),
    concurrency,
    ready,
    run: () => new Promise<void>((resolve) => ends.push(resolve)),
  });
  return { dispatcher, ends, claims: () => claims, waiting: () => waiting };
}

Deno.test("dispatch() claims only for free slots", async () => {
  const stop = new AbortController();
  const { dispatcher, ends, claims } = scene(2, () => Promise.resolve());
  const dispatching = dispatcher.dispatch(stop.signal);
  await turn();
  assertEquals([claims(), dispatcher.running], [2, 2]);
  ends[0]?.();
  await turn();
  assertEquals([claims(), dispatcher.running], [3, 2]);
  stop.abort();
  for (const end of ends) end();
  await dispatching;
  await dispatcher.settled();
  assertEquals(dispatcher.running, 0);
});

Deno.test("dispatch() ends at a stop although every slot is taken by a long run", async () => {
  const stop = new AbortController();
  const { dispatcher, ends } = scene(1, () => Promise.resolve());
  const dispatching = dispatcher.dispatch(stop.signal);
  await turn();
  stop.abort();
  // The run goes on: the grace of a stop is counted from here, not from its end.
  await dispatching;
  assertEquals(dispatcher.running, 1);
  ends[0]?.();
  await dispatcher.settled();
});

Deno.test("dispatch() claims nothing while the model must not be asked", async () => {
  const stop = new AbortController();
  const gate = Promise.withResolvers<void>();
  const { dispatcher, ends, claims } = scene(1, () => gate.promise);
  const dispatching = dispatcher.dispatch(stop.signal);
  await turn();
  assertEquals(claims(), 0);
  gate.resolve();
  await turn();
  assertEquals(claims(), 1);
  stop.abort();
  ends[0]?.();
  await dispatching;
});

Deno.test("dispatch() ends with the queue's error when nothing can be claimed any more", async () => {
  const dispatcher = new Dispatcher({
    queue: fakeQueue({ claim: () => Promise.reject(new Error("lost")) }),
    concurrency: 1,
    ready: () => Promise.resolve(),
    run: () => Promise.resolve(),
  });
  await assertRejects(() => dispatcher.dispatch(new AbortController().signal), Error, "lost");
});

Deno.test("over() resolves at once without a pause, at its end, and when it is aborted", async () => {
  let now = 1_000;
  const pause = new ModelPause(() => now, () => now);
  const never = new AbortController();
  await pause.over(never.signal);
  pause.extend(1_020);
  pause.extend(500);
  const over = pause.over(never.signal);
  now = 1_021;
  await over;
  pause.extend(Number.MAX_SAFE_INTEGER);
  const stop = new AbortController();
  const waiting = pause.over(stop.signal);
  stop.abort();
  await waiting;
});

Deno.test("signals within half a second are one, a later one leaves with its own code", () => {
  let now = 0;
  const said: (string | number)[] = [];
  const stages = new StopStages(() => said.push("stop"), (code) => said.push(code), () => now);
  stages.onSignal(130);
  now = 500;
  stages.onSignal(130);
  assertEquals(said, ["stop"]);
  now = 501;
  stages.onSignal(143);
  assertEquals(said, ["stop", 143]);
});
