import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Conversation, MAX_STEPS } from "../../../lib/conversation/conversation.ts";
import { SessionLog } from "../../../lib/conversation/session_log.ts";
import {
  type ChatModel,
  type ModelAnswer,
  ModelError,
  type ModelRequest,
} from "../../../lib/model/model.ts";
import type { Storage } from "../../../lib/open_storage.ts";
import { withStorage } from "../../support/temp_storage.ts";

type Step = (request: ModelRequest) => ModelAnswer | Promise<ModelAnswer>;

/** A model that takes one step of its script for each call. */
function scripted(...script: Step[]): ChatModel & { requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  return {
    name: "scripted",
    requests,
    async complete(request) {
      requests.push(request);
      return await (script[requests.length - 1] ?? script.at(-1)!)(request);
    },
  };
}

function answer(message: Omit<ModelAnswer["message"], "role">): ModelAnswer {
  return {
    message: { role: "assistant", ...message } as ModelAnswer["message"],
    finish_reason: "stop",
    usage: { input_tokens: 1, output_tokens: 1, estimated: true },
    model: "scripted",
  };
}

const says = (text: string): Step => ({ onText }) => {
  onText?.(text);
  return answer({ content: text });
};
const calls = (...args: [name: string, args: unknown][]): Step => () =>
  answer({
    content: null,
    tool_calls: args.map(([name, value], i) => ({
      id: `call_${i}`,
      type: "function" as const,
      function: { name, arguments: JSON.stringify(value) },
    })),
  });
const fails = (...args: ConstructorParameters<typeof ModelError>): Step => () => {
  throw new ModelError(...args);
};

async function talking(
  model: ChatModel,
  test: (conversation: Conversation, storage: Storage, waits: number[]) => Promise<void>,
): Promise<void> {
  await withStorage(async (storage) => {
    const log = await SessionLog.open({
      disk: storage.disk,
      flusher: storage.flusher,
      dir: storage.layout.conversations,
      conversation_id: "c1",
      pid: 1,
      now: Date.now,
    });
    const waits: number[] = [];
    const sleep = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
    const conversation = new Conversation({ ...storage, log, model, now: Date.now, sleep });
    try {
      await test(conversation, storage, waits);
    } finally {
      await conversation.close();
    }
  });
}

const never = new AbortController().signal;

Deno.test("send() streams the reply and remembers both sides for the next turn", async () => {
  const model = scripted(says("hello"), says("fine"));
  await talking(model, async (conversation) => {
    const pieces: string[] = [];
    const first = await conversation.send("hi", { signal: never, onText: (p) => pieces.push(p) });
    assertEquals(first, { kind: "answered", reply: "hello", tasks: [] });
    assertEquals(pieces, ["hello"]);
    await conversation.send("how are you", { signal: never });
    assertEquals(model.requests[1]?.messages.slice(1), [
      { role: "user", content: "hi" },
      { role: "assistant", content: "hello" },
      { role: "user", content: "how are you" },
    ]);
  });
});

Deno.test("send() runs the tools of one answer in order and says what was scheduled", async () => {
  const model = scripted(
    calls(
      ["schedule_background_task", { title: "A", prompt: "a" }],
      ["list_background_tasks", {}],
    ),
    says("started"),
  );
  await talking(model, async (conversation, { queue }) => {
    const result = await conversation.send("do a", { signal: never });
    assertEquals([result.kind, result.tasks.map(({ title }) => title)], ["answered", ["A"]]);
    assertEquals((await queue.get(result.tasks[0]!.id))?.state, "pending");
    const [, list] = model.requests[1]!.messages.slice(-2);
    assert(list?.role === "tool");
    assertEquals(JSON.parse(list.content).tasks[0].title, "A");
  });
});

Deno.test("send() stops a model that only ever calls tools", async () => {
  const model = scripted(calls(["list_background_tasks", {}]));
  await talking(model, async (conversation) => {
    const result = await conversation.send("go", { signal: never });
    assertEquals([result.kind, model.requests.length], ["failed", MAX_STEPS]);
  });
});

Deno.test("send() keeps what had come when the person stops the answer", async () => {
  const stop = new AbortController();
  const model = scripted(({ onText }) => {
    onText?.("half an ans");
    stop.abort();
    throw new ModelError("aborted", "stopped");
  }, says("ok"));
  await talking(model, async (conversation) => {
    const result = await conversation.send("go", { signal: stop.signal });
    assertEquals(result, { kind: "stopped", reply: "half an ans", tasks: [] });
    await conversation.send("on", { signal: never });
    assertEquals(model.requests[1]?.messages[2], {
      role: "assistant",
      content: "half an ans (stopped here by the person)",
    });
  });
});

Deno.test("send() asks again after a short wait while nothing was shown", async () => {
  const model = scripted(
    fails("unavailable", "away"),
    fails("rate_limited", "slow down", { status: 429, retry_after_ms: 3_000 }),
    says("here"),
  );
  await talking(model, async (conversation, _storage, waits) => {
    const result = await conversation.send("hi", { signal: never });
    assertEquals([result.kind, waits], ["answered", [500, 3_000]]);
  });
});

Deno.test("send() ends at once when the person stops it while it waits for the model", async () => {
  const stop = new AbortController();
  const model = scripted(() => {
    queueMicrotask(() => stop.abort());
    throw new ModelError("rate_limited", "slow down", { status: 429, retry_after_ms: 9_000 });
  }, says("never asked"));
  await withStorage(async (storage) => {
    const { disk, flusher, layout } = storage;
    const dir = layout.conversations;
    const options = { disk, flusher, dir, conversation_id: "c1", pid: 1, now: Date.now };
    const log = await SessionLog.open(options);
    const conversation = new Conversation({ ...storage, log, model, now: Date.now });
    const started = performance.now();
    const result = await conversation.send("hi", { signal: stop.signal });
    assertEquals([result.kind, model.requests.length], ["stopped", 1]);
    assert(performance.now() - started < 5_000);
    await conversation.close();
  });
});

Deno.test("send() does not ask again for a long wait, a refusal, or half a reply", async () => {
  const cases: [Step, boolean][] = [
    [fails("rate_limited", "later", { status: 429, retry_after_ms: 60_000 }), false],
    [fails("rejected", "bad key", { status: 401 }), true],
    [fails("rejected", "no model", { status: 404 }), true],
    [fails("rejected", "too long", { status: 400 }), false],
    [({ onText }) => {
      onText?.("half");
      throw new ModelError("unavailable", "broke off");
    }, false],
  ];
  for (const [step, configuration] of cases) {
    const model = scripted(step);
    await talking(model, async (conversation, _storage, waits) => {
      const result = await conversation.send("hi", { signal: never });
      assert(result.kind === "failed");
      assertEquals([result.failure.configuration, waits, model.requests.length], [
        configuration,
        [],
        1,
      ]);
    });
  }
});

Deno.test("notified() tells the model once, with the next message", async () => {
  const model = scripted(says("ok"));
  await talking(model, async (conversation) => {
    const notification = {
      version: 1,
      id: "t1-completed",
      conversation_id: "c1",
      task_id: "t1",
      event: "completed" as const,
      title: "T",
      message: "12 degrees",
      created_at: "2026-01-01T00:00:00.000Z",
    };
    await conversation.notified(notification);
    await conversation.notified(notification);
    await conversation.send("and?", { signal: never });
    const told = model.requests[0]!.messages.filter(({ role }) => role === "tool");
    assertEquals(told.length, 1);
    assertEquals(JSON.parse(told[0]!.content as string).notifications.length, 1);
  });
});

Deno.test("the model knows whether a service runs and which tools it has", async () => {
  const model = scripted(says("ok"));
  await talking(model, async (conversation, { presence }) => {
    await conversation.send("1", { signal: never });
    const tool = { permissions: {}, effects: "none" as const, reason: null };
    const announced = await presence.announce({
      version: 1,
      service_id: "s1",
      pid: Deno.pid,
      host: "localhost",
      started_at: "2026-01-01T00:00:00.000Z",
      concurrency: 1,
      model: "m",
      tools: [
        { ...tool, name: "get_weather", enabled: true },
        { ...tool, name: "shell", enabled: false, reason: "not allowed" },
      ],
    });
    await conversation.send("2", { signal: never });
    await announced.withdraw();
    const [without, withService] = model.requests.map(({ messages }) =>
      String(messages[0]?.content)
    );
    assertStringIncludes(without!, "No background service is running");
    assertStringIncludes(withService!, "these tools: get_weather.");
  });
});
