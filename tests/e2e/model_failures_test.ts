/** What becomes of a task when the model's server refuses, fails, or is not there. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import {
  type ModelServer,
  type Reply,
  type Script,
  startModelServer,
} from "../support/model_server.ts";
import { Scene } from "../support/scene.ts";
import { lastMessage, promptOf } from "../support/two_models.ts";

interface Setting {
  readonly scene: Scene;
  readonly model: ModelServer;
}

async function withModel(script: Script, test: (setting: Setting) => Promise<void>) {
  await using model = await startModelServer(script);
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    OPENAI_API_KEY: "sk-e2e-0123456789abcdef",
  });
  await scene.service();
  await test({ scene, model });
}

function refusal(status: number, message: string, code: string | null = null): Reply {
  return { status, body: { error: { message, type: "error", code } } };
}

/** What the worker's first step is in the tests that need one that is finished. */
const CALCULATE: Reply = {
  tool_calls: [{ name: "calculate", arguments: { expression: "6*7" } }],
};

Deno.test("a call that is refused for good fails the task with the server's words, after one call", async () => {
  const cases: Record<string, { reply: Reply; message: RegExp }> = {
    "wrong-key": {
      reply: refusal(401, "Incorrect API key provided: sk-e2e-0123456789abcdef"),
      message: /the server refused the API key \(401: "Incorrect API key provided: \*\*\*"\)/,
    },
    "no-model": {
      reply: refusal(404, "The model `gpt-0` does not exist", "model_not_found"),
      message: /knows no such model \(404: "The model `gpt-0` does not exist"\): correct BACKGR/,
    },
    "bad-request": {
      reply: refusal(400, "Your words are not welcome here"),
      message: /the server refused it \(400: "Your words are not welcome here"\)/,
    },
  };
  await withModel((request) => cases[promptOf(request)]!.reply, async ({ scene, model }) => {
    for (const [id, { message }] of Object.entries(cases)) {
      scene.submit(id, { prompt: id });
      const failed = await scene.failed(id);
      assertEquals(failed.error?.code, "model_rejected");
      assertMatch(failed.error?.message ?? "", message);
      assertEquals(failed.attempts?.map(({ outcome }) => outcome), ["failed"]);
      assertEquals(
        scene.read(`notifications/c1/${id}-failed.json`)["message"],
        failed.error?.message,
      );
    }
    assertEquals(model.requests.length, 3);
  });
});

Deno.test("a server that fails is asked again from the step that was reached, until the attempts are used up", async () => {
  await withModel((request) => {
    return lastMessage(request).role === "tool" ? refusal(500, "out of order") : CALCULATE;
  }, async ({ scene, model }) => {
    scene.submit("t1", { prompt: "What is 6*7?", max_attempts: 3 });
    const failed = await scene.failed("t1");
    assertEquals(failed.error?.code, "model_unavailable");
    assertStringIncludes(failed.error?.message ?? "", 'the server failed (500: "out of order")');
    assertStringIncludes(failed.error?.message ?? "", "(attempt 3 of 3)");
    const attempts = failed.attempts?.map(({ attempt, outcome, error }) => [
      attempt,
      outcome,
      error?.code,
    ]);
    assertEquals(attempts, [
      [1, "retry", "model_unavailable"],
      [2, "retry", "model_unavailable"],
      [3, "failed", "model_unavailable"],
    ]);
    // The first step once; the second in each attempt.
    assertEquals(model.requests.map((request) => lastMessage(request).role), [
      "user",
      "tool",
      "tool",
      "tool",
    ]);
    const finished = scene.journal("t1").filter(({ type }) => type === "tool_finished");
    assertEquals(finished.length, 1);
    assertEquals(scene.notifications("c1"), ["t1-failed.json"]);
  });
});

Deno.test("a server that comes back lets the task go on, and its attempts are in the record", async () => {
  const brokenOff: Reply = { text: "It is 4, or rather", reset: "middle" };
  const script = [CALCULATE, refusal(503, "starting"), brokenOff, { text: "It is 42." }];
  await withModel(script, async ({ scene, model }) => {
    scene.submit("t1", { prompt: "What is 6*7?" });
    const done = await scene.completed("t1");
    assertEquals(done.result, "It is 42.");
    assertEquals(done.attempts?.map(({ outcome }) => outcome), ["retry", "retry", "completed"]);
    assertEquals(done.last_error?.code, "model_unavailable");
    assertEquals(model.requests.length, 4);
  });
});

Deno.test("a rate limit of a second is waited out and uses up no attempt", async () => {
  const times: number[] = [];
  await withModel((request) => {
    times.push(performance.now());
    return request.number === 1
      ? { ...refusal(429, "slow down"), headers: { "retry-after": "1" } }
      : { text: "done" };
  }, async ({ scene }) => {
    scene.submit("t1", { prompt: "hi", max_attempts: 1 });
    const done = await scene.completed("t1");
    assertEquals(done.attempts?.map(({ attempt, outcome }) => [attempt, outcome]), [
      [1, "completed"],
    ]);
    assert(times[1]! - times[0]! >= 1_000, `asked again after ${times[1]! - times[0]!} ms`);
  });
});

Deno.test("a rate limit of ten minutes is on disk as retry_at and uses up no attempt", async () => {
  await withModel(
    (request) =>
      promptOf(request) === "limited"
        ? { ...refusal(429, "come back later"), headers: { "retry-after": "600" } }
        : { text: "done" },
    async ({ scene, model }) => {
      const began = Date.now();
      scene.submit("t1", { prompt: "limited", max_attempts: 1 });
      const record = await eventually(
        "a time for the next attempt",
        () => {
          const pending = scene.record("pending", "t1");
          return pending?.retry_at !== undefined && pending;
        },
      );
      const wait = Date.parse(record.retry_at!) - began;
      assert(wait >= 600_000 && wait < 605_000, `it waits ${wait} ms`);
      assertEquals(record.attempts?.map(({ attempt, outcome }) => [attempt, outcome]), [
        [1, "rate_limited"],
      ]);
      assertStringIncludes(record.last_error?.message ?? "", "come back later");
      // All tasks of this service have the same server: they wait as well.
      scene.submit("t2", { prompt: "other" });
      assertEquals(model.requests.length, 1);
      const { code, stdout } = await scene.tasks(["cancel", "t1", "--json"]);
      assertEquals(code, 0);
      assertEquals(JSON.parse(stdout)[0].error.code, "cancelled");
    },
  );
});

Deno.test("a web page with status 200 is no answer, and the message says where to look", async () => {
  const page = { body: "<!doctype html><title>Welcome</title>", content_type: "text/html" };
  await withModel(() => page, async ({ scene }) => {
    scene.submit("t1", { prompt: "hi", max_attempts: 1 });
    const failed = await scene.failed("t1");
    assertEquals(failed.error?.code, "model_unavailable");
    assertMatch(
      failed.error?.message ?? "",
      /answered with a web page .* check that OPENAI_BASE_URL leads to an OpenAI-compatible server/,
    );
  });
});

Deno.test("where nothing answers the task fails once its attempts are used up, and main says why at once", async () => {
  const gone = await startModelServer([]);
  await gone.close();
  await using scene = await Scene.open({ OPENAI_BASE_URL: gone.base_url });
  await scene.service();
  scene.submit("t1", { prompt: "hi", max_attempts: 2 });
  const failed = await scene.failed("t1");
  assertEquals(failed.error?.code, "model_unavailable");
  const { host } = new URL(gone.base_url);
  assertEquals(
    failed.error?.message,
    `Asking model "gpt-5.4-mini" at ${host} failed: nothing answers there (connection refused): ` +
      "start the server or correct OPENAI_BASE_URL (attempt 2 of 2)",
  );
  const { code, stderr, stdout } = await scene.main(["--message", "hi"]);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    `error: Asking model "gpt-5.4-mini" at ${host} failed: nothing answers there (connection ` +
      "refused): start the server or correct OPENAI_BASE_URL\n",
  );
});
