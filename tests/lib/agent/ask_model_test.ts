import { assert, assertEquals, assertRejects } from "@std/assert";
import { type AgentOutcome, type AgentRun, runAgent } from "../../../lib/agent/run_agent.ts";
import { ModelError } from "../../../lib/model/model.ts";
import { fixture } from "./agent_fixture.ts";
import { hanging, type Reply, ScriptedModel } from "./scripted_model.ts";

const DONE = { text: "Done." };

function tooMany(retry_after_ms?: number): ModelError {
  return new ModelError(
    "rate_limited",
    "The server is busy.",
    retry_after_ms === undefined ? {} : { retry_after_ms },
  );
}

/** A run with no jitter at a clock that stands still. */
function still(model: readonly Reply[] | ScriptedModel, run: Partial<AgentRun> = {}) {
  const pauses: number[] = [];
  const now = Date.now();
  const made = fixture({
    model,
    run: {
      now: () => now,
      random: () => 0,
      onRateLimited: (until) => pauses.push(until - now),
      ...run,
    },
  });
  return { ...made, pauses };
}

function retryOf(outcome: AgentOutcome) {
  assert(outcome.kind === "retry", `expected a retry, got ${JSON.stringify(outcome)}`);
  const { usage: _, ...rest } = outcome;
  return rest;
}

Deno.test("askModel() waits out a short Retry-After and tells the service", async () => {
  const { run, pauses, journal } = still([tooMany(5), tooMany(), DONE]);
  assertEquals((await runAgent(run)).kind, "completed");
  assertEquals(pauses, [5, 0]);
  assertEquals(journal.of("attempt_started").length, 1);
});

Deno.test("askModel() leaves a long Retry-After of any length to the queue, at no attempt's cost", async () => {
  const { run, pauses, journal } = still([tooMany(7_200_000)]);
  assertEquals(retryOf(await runAgent(run)), {
    kind: "retry",
    error: { code: "model_unavailable", message: "The server is busy." },
    uses_attempt: false,
    retry_after_ms: 7_200_000,
  });
  assertEquals(pauses, [7_200_000]);
  assertEquals(journal.story.at(-1), "attempt_ended rate_limited");
});

Deno.test("askModel() adds up the waits of one step", async () => {
  // The first 15 ms are waited out, then there is no patience left for 15 s.
  const { run, pauses } = still([tooMany(15), tooMany(14_990)]);
  assertEquals(retryOf(await runAgent(run)).retry_after_ms, 14_990);
  assertEquals(pauses, [15, 14_990]);
});

Deno.test("askModel() begins each step with new patience", async () => {
  const { run } = still([tooMany(10), { text: "" }, tooMany(10), DONE]);
  assertEquals((await runAgent(run)).kind, "completed");
});

Deno.test("askModel() gives up on a server that says 429 for ever without naming a time", async () => {
  const { run, model } = still(new ScriptedModel([tooMany()], () => 0));
  assertEquals(retryOf(await runAgent(run)), {
    kind: "retry",
    error: { code: "model_unavailable", message: "The server is busy." },
    uses_attempt: false,
    retry_after_ms: 15_000,
  });
  assertEquals(model.requests.length, 8);
});

Deno.test("askModel() puts jitter on top of the server's word", async () => {
  const { run, pauses } = still([tooMany(20_000)], { random: () => 0.5 });
  await runAgent(run);
  assertEquals(pauses, [21_000]);
});

Deno.test("askModel() ends the wait for a rate limit when the service stops or the task is cancelled", async () => {
  const stopped = still([tooMany(10_000)], {
    onRateLimited: () => queueMicrotask(() => stopped.stopping.abort()),
  });
  assertEquals(await runAgent(stopped.run), { kind: "interrupted" });
  const cancelled = still([tooMany(10_000)], {
    onRateLimited: () => queueMicrotask(() => cancelled.cancelled.abort()),
  });
  assertEquals((await runAgent(cancelled.run)).kind, "cancelled");
});

Deno.test("askModel() waits for the service's pause before each call", async () => {
  const events: string[] = [];
  const { run } = still(
    [() => (events.push("asked"), { text: "" }), () => (events.push("asked"), DONE)],
    { ready: () => (events.push("ready"), Promise.resolve()) },
  );
  await runAgent(run);
  assertEquals(events, ["ready", "asked", "ready", "asked"]);
});

Deno.test("askModel() ends the wait for the service's pause when the service stops", async () => {
  const { run, stopping, model } = still([DONE], {
    ready: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        stopping.abort();
      }),
  });
  assertEquals(await runAgent(run), { kind: "interrupted" });
  assertEquals(model.requests.length, 0);
});

Deno.test("askModel() leaves a long pause of the service to the queue, at no attempt's cost", async () => {
  let now = Date.now();
  let pauses = 0;
  const { run, model } = still([tooMany(1)], {
    now: () => now,
    ready: (signal) => {
      // The first pause takes all the patience but a millisecond, the second one never ends.
      if (pauses++ === 0) now += 14_999;
      else return new Promise((_, reject) => signal.addEventListener("abort", reject));
      return Promise.resolve();
    },
  });
  assertEquals(retryOf(await runAgent(run)), {
    kind: "retry",
    error: {
      code: "model_unavailable",
      message: "The model's rate limit holds back all tasks of this service for now.",
    },
    uses_attempt: false,
    retry_after_ms: 15_000,
  });
  assertEquals(model.requests.length, 1);
});

Deno.test("askModel() counts the service's pause against the patience of the step", async () => {
  let now = Date.now();
  const { run } = still([tooMany(1), DONE], {
    now: () => now,
    ready: () => (now += 15_000, Promise.resolve()),
  });
  assertEquals(retryOf(await runAgent(run)).retry_after_ms, 1);
});

Deno.test("askModel() throws when the service's pause breaks", async () => {
  const { run } = still([DONE], { ready: () => Promise.reject(new TypeError("a bug")) });
  await assertRejects(() => runAgent(run), TypeError, "a bug");
});

Deno.test("askModel() answers a retry that uses up an attempt when the model is unavailable", async () => {
  const error = new ModelError("unavailable", "The server says 503.", {
    status: 503,
    retry_after_ms: 9,
  });
  const { run, journal } = still([error]);
  assertEquals(retryOf(await runAgent(run)), {
    kind: "retry",
    error: { code: "model_unavailable", message: "The server says 503." },
    uses_attempt: true,
    retry_after_ms: 9,
  });
  assertEquals(journal.of("attempt_ended")[0]?.message, "The server says 503.");
});

Deno.test("askModel() fails with the server's words when it refuses for good", async () => {
  const { run } = still([new ModelError("rejected", 'The model "x" does not exist.')]);
  const outcome = await runAgent(run);
  assert(outcome.kind === "failed");
  assertEquals(outcome.error, {
    code: "model_rejected",
    message: 'The model "x" does not exist.',
  });
});

Deno.test("askModel() cuts a server's endless words", async () => {
  const { run } = still([new ModelError("rejected", "no ".repeat(100_000))]);
  const outcome = await runAgent(run);
  assert(outcome.kind === "failed");
  assertEquals(outcome.error.message.length, 4_000);
});

Deno.test("askModel() counts no failure against a model that fails while the service stops", async () => {
  const { run, stopping } = still([() => {
    stopping.abort();
    throw new ModelError("unavailable", "The network is gone.");
  }]);
  assertEquals(await runAgent(run), { kind: "interrupted" });
});

Deno.test("askModel() throws when a model call is aborted by nobody", async () => {
  const { run } = still([new ModelError("aborted", "aborted")]);
  await assertRejects(
    () => runAgent(run),
    Error,
    "The model call was aborted, but nobody asked for that.",
  );
});

Deno.test("askModel() hands the run's signal to the model", async () => {
  const { run, abandon } = still([hanging(() => abandon.abort())]);
  assertEquals(await runAgent(run), { kind: "interrupted" });
});
