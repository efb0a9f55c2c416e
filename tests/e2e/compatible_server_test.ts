/**
 * Both programs against an OpenAI-compatible server that none of us wrote: the npm package aimock.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { soon } from "../support/eventually.ts";
import { Scene } from "../support/scene.ts";

const AIMOCK = fromFileUrl(new URL("../support/aimock.ts", import.meta.url));
const TASK = { title: "Six times seven", prompt: "What is 6*7?" };
const FIXTURES = [
  {
    match: { userMessage: "Work it out", hasToolResult: false },
    response: {
      toolCalls: [{ name: "schedule_background_task", arguments: JSON.stringify(TASK) }],
    },
  },
  {
    match: { userMessage: "Work it out", hasToolResult: true },
    response: { content: "I have started that for you." },
  },
  {
    match: { userMessage: "6*7", hasToolResult: false },
    response: { toolCalls: [{ name: "calculate", arguments: '{"expression":"6*7"}' }] },
  },
  {
    match: { userMessage: "6*7", hasToolResult: true },
    response: { content: "Six times seven is forty-two." },
  },
];

/** Runs the mock server as a process of its own while `use` runs. */
async function withAimock(directory: string, use: (base_url: string) => Promise<void>) {
  const fixtures = join(directory, "fixtures.json");
  await Deno.writeTextFile(fixtures, JSON.stringify({ fixtures: FIXTURES }));
  const child = new Deno.Command("deno", {
    args: ["run", "-A", AIMOCK, fixtures],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    await use(await soon("the mock server", firstLine(child.stdout)));
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

async function firstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  let said = "";
  for await (const piece of output.pipeThrough(new TextDecoderStream() as TransformStream)) {
    said += piece;
    if (said.includes("\n")) return JSON.parse(said.slice(0, said.indexOf("\n"))).base_url;
  }
  throw new Error(`the mock server ended before it listened: ${said}`);
}

Deno.test("a conversation and its background task work with a compatible server of others", async () => {
  await using scene = await Scene.open();
  await withAimock(scene.root, async (base_url) => {
    const env = { OPENAI_BASE_URL: base_url, OPENAI_API_KEY: "mock", OPENAI_MODEL: "gpt-4o" };
    await scene.service([], { env });
    const turn = await scene.main(
      ["--conversation", "c1", "--message", "Work it out, please.", "--wait=30"],
      { env },
    );
    assertEquals([turn.code, turn.stderr], [0, ""]);
    const [id = "none"] = scene.ids("completed");
    assertEquals(
      turn.stdout,
      `I have started that for you.\n✓ Six times seven (${id.slice(-6)})\n` +
        "  Six times seven is forty-two.\n",
    );
    const record = scene.record("completed", id);
    assertEquals(record?.result, "Six times seven is forty-two.");
    assertEquals([record?.usage?.model_calls, record?.usage?.tool_calls], [2, 1]);
    const finished = scene.journal(id).find(({ type }) => type === "tool_finished");
    assertEquals(finished?.type === "tool_finished" && finished.output, "42");
    assertEquals(scene.names("notifications/c1/read"), [`${id}-completed.json`]);
  });
});
