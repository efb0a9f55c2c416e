import { assert, assertEquals, assertRejects } from "@std/assert";
import { offlineFetch } from "../../../../lib/model/offline/offline_fetch.ts";
import { ModelError } from "../../../../lib/model/model.ts";
import { OFFLINE_MODEL, openOfflineModel } from "../../../../lib/model/offline/offline_model.ts";
import { HELLO } from "../ask.ts";

const URL = "http://offline.invalid/v1/chat/completions";

function post(body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return offlineFetch()(URL, { method: "POST", body: text });
}

Deno.test("offlineFetch() streams its answer in pieces", async () => {
  const response = await post({ ...HELLO, model: "offline", stream: true });
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  const events = (await response.text()).split("\n\n");
  assert(events.length > 10, "the answer came in few pieces");
  assertEquals(events.slice(-2), ["data: [DONE]", ""]);
});

Deno.test("offlineFetch() answers whole where no stream is asked for", async () => {
  const body = await (await post({ ...HELLO, model: "offline" })).json();
  assertEquals(body.object, "chat.completion");
  assertEquals(body.choices[0].finish_reason, "stop");
  assert(body.choices[0].message.content.startsWith("Hello!"));
});

Deno.test("offlineFetch() refuses other paths and broken bodies", async () => {
  assertEquals((await offlineFetch()("http://offline.invalid/v1/models")).status, 404);
  for (const body of ["", "{", "[]", "null"]) assertEquals((await post(body)).status, 400);
});

Deno.test("offlineFetch() survives requests of any shape", async () => {
  const shapes = [null, 1, "x", [], [null], [{}], [{ role: "user" }], [{ role: 3, content: {} }]];
  for (const messages of shapes) {
    for (const tools of shapes) {
      const response = await post({ messages, tools });
      assertEquals(response.status, 200);
      await response.body?.cancel();
    }
  }
});

/** Texts on which careless patterns take for ever. */
const SLOW_FOR_PATTERNS = [
  "weather " + "A".repeat(4_000),
  "weather in " + "Oslo ".repeat(900),
  "weather in " + "a, ".repeat(1_500),
  "work out " + "1 ".repeat(2_400),
  "work out " + "(".repeat(4_000),
  "work out " + "1+".repeat(2_400),
  "what ".repeat(900),
  " and ".repeat(900),
  "then ".repeat(900),
  "read " + "a/".repeat(2_400),
  "read " + "a.".repeat(2_400),
  "x" + " ".repeat(100_000) + "y",
  "\n".repeat(100_000) + "y",
  "in a ".repeat(900),
];

Deno.test("offlineFetch() answers within a second, whatever it is asked", async () => {
  const schedule = [{ type: "function", function: { name: "schedule_background_task" } }];
  for (const text of SLOW_FOR_PATTERNS) {
    for (const tools of [[], schedule]) {
      for (const content of [text, `${text} in the background`]) {
        const began = performance.now();
        await (await post({ messages: [{ role: "user", content }], tools })).body?.cancel();
        const took = performance.now() - began;
        assert(took < 1_000, `${JSON.stringify(content.slice(0, 40))} took ${took} ms`);
      }
    }
  }
});

Deno.test("offlineFetch() says that a text is too long for it", async () => {
  const content = "Check the weather in Oslo. ".repeat(300);
  const body = await (await post({ messages: [{ role: "user", content }] })).json();
  assertEquals(
    body.choices[0].message.content.split(".")[0],
    "I read texts of at most 5,000 characters, so I did nothing",
  );
});

Deno.test("openOfflineModel() goes through the client, and marks its usage as estimated", async () => {
  const model = openOfflineModel();
  assertEquals(model.name, OFFLINE_MODEL);
  const pieces: string[] = [];
  const answer = await model.complete({ ...HELLO, onText: (piece) => pieces.push(piece) });
  assertEquals(answer.model, OFFLINE_MODEL);
  assertEquals(answer.usage.estimated, true);
  assert(pieces.length > 10, "the answer came in few pieces");
  assertEquals(pieces.join(""), answer.message.content);
});

Deno.test("openOfflineModel() takes its time, and stops when told", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const model = openOfflineModel({ latency_ms: 60_000 });
  const stop = new AbortController();
  const call = model.complete({ ...HELLO, signal: stop.signal });
  stop.abort();
  const error = await assertRejects(() => call, ModelError);
  assertEquals(error.kind, "aborted");
});
