import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { DEFAULT_LIMITS } from "../../../lib/sandbox/limits.ts";
import type { ProcessCommand } from "../../../lib/sandbox/tool_command.ts";
import { ToolProcess } from "../../../lib/sandbox/tool_process.ts";

const HOST = fromFileUrl(new URL("./forging_host.ts", import.meta.url));

function start(command: ProcessCommand): ToolProcess {
  return new ToolProcess({
    command,
    name: "forger",
    module: "file:///none.ts",
    settings: {},
    instance: crypto.randomUUID(),
    run: false,
    memory_mb: 128,
    timeout_seconds: 30,
    limits: DEFAULT_LIMITS,
  });
}

Deno.test("call() takes the first answer to its own call and no other", async () => {
  const program = Deno.execPath();
  const process = start({ program, args: ["run", "--no-prompt", HOST], env: Deno.env.toObject() });
  assertEquals(await process.ready, undefined);
  for (const n of [1, 2, 3]) {
    const result = await process.call({
      name: "forger",
      args: { n },
      task_id: "task1",
      conversation_id: "conversation1",
      idempotency_key: `task1/1/${n}`,
      signal: new AbortController().signal,
      onArtifact: (name) => Promise.resolve(name),
    });
    assertEquals(result, { ok: true, output: `real: {"n":${n}}` });
  }
  process.channel.kill("the test is over");
  assertEquals(await process.channel.ended, "the test is over");
});

Deno.test("ready tells why a process ended before it was ready", async () => {
  const process = start({ program: "sh", args: ["-c", "echo no good >&2; exit 7"], env: {} });
  assertEquals(
    await process.ready,
    "it ended its own process with exit code 7, after printing: no good",
  );
  assertMatch(await process.channel.ended, /exit code 7/);
});
