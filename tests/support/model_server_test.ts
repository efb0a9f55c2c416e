import { assertEquals } from "@std/assert";
import { Gate, startModelServer } from "./model_server.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };

async function post(base_url: string, content: string): Promise<string> {
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content }] });
  const response = await fetch(`${base_url}/chat/completions`, { method: "POST", body });
  return await response.text();
}

Deno.test("request() waits until the n-th request has come", STRICT, async () => {
  await using server = await startModelServer(({ number }) => ({ text: `answer ${number}` }));
  const second = server.request(2);
  await post(server.base_url, "one");
  const answer = JSON.parse(await post(server.base_url, "two"));
  assertEquals(answer.choices[0].message.content, "answer 2");
  assertEquals((await second).body.messages[0]?.content, "two");
  assertEquals((await server.request(1)).body.messages[0]?.content, "one");
  assertEquals(await (await second).closed, "answered");
});

Deno.test("a gate holds an answer until it is released", STRICT, async () => {
  const gate = new Gate();
  await using server = await startModelServer([{ text: "later", gate }]);
  const order: string[] = [];
  const call = post(server.base_url, "hi").then(() => order.push("answered"));
  await gate.reached;
  order.push("released");
  gate.release();
  await call;
  assertEquals(order, ["released", "answered"]);
});

Deno.test("a script that has run out answers 500 and says so", STRICT, async () => {
  await using server = await startModelServer([]);
  const { error } = JSON.parse(await post(server.base_url, "hi"));
  assertEquals(error.message, "the script has no reply left");
});

Deno.test("close() ends a connection that hangs", STRICT, async () => {
  const server = await startModelServer([{ hang: "before" }]);
  const call = post(server.base_url, "hi").catch(() => "broken off");
  const { closed } = await server.request(1);
  await server.close();
  assertEquals(await call, "broken off");
  assertEquals(await closed, "disconnected");
});
