/** Whatever a tool process says, in whatever order: the service gets a result and goes on. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import fc from "fast-check";
import { DEFAULT_LIMITS, type SandboxLimits } from "../../../lib/sandbox/limits.ts";
import { ToolProcess } from "../../../lib/sandbox/tool_process.ts";
import type { ToolCall, ToolResult } from "../../../lib/sandbox/toolbox.ts";
import { errorOf, outputOf } from "./toolbox_fixture.ts";

const HOST = fromFileUrl(new URL("./replaying_host.ts", import.meta.url));
const TYPES = ["name", "declaration", "ready", "failed", "answer", "artifact", "memory"];

/** Processes that say what a test tells them, one after the other. */
class Sayer {
  #process: ToolProcess | undefined;
  readonly artifacts: [string, Uint8Array][] = [];

  constructor(readonly limits: Partial<SandboxLimits> = {}) {}

  async say(lines: readonly string[], more: Partial<ToolCall> = {}): Promise<ToolResult> {
    if (!this.#process?.channel.alive) this.#process = this.#start();
    await this.#process.ready;
    return await this.#process.call({
      name: "sayer",
      args: { lines },
      task_id: "task1",
      conversation_id: "conversation1",
      idempotency_key: "task1/1/1",
      signal: new AbortController().signal,
      onArtifact: (name, bytes) => {
        this.artifacts.push([name, bytes]);
        return Promise.resolve(name);
      },
      ...more,
    });
  }

  async end(): Promise<void> {
    this.#process?.channel.kill("the test is over");
    await this.#process?.channel.ended;
  }

  #start(): ToolProcess {
    return new ToolProcess({
      command: {
        program: Deno.execPath(),
        args: ["run", "--no-prompt", HOST],
        env: Deno.env.toObject(),
      },
      name: "sayer",
      module: "file:///none.ts",
      settings: {},
      instance: crypto.randomUUID(),
      run: false,
      memory_mb: 128,
      timeout_seconds: 30,
      limits: { ...DEFAULT_LIMITS, ...this.limits },
    });
  }
}

async function withSayer(
  limits: Partial<SandboxLimits>,
  body: (sayer: Sayer) => Promise<void>,
): Promise<void> {
  const sayer = new Sayer(limits);
  try {
    await body(sayer);
  } finally {
    await sayer.end();
  }
}

const say = (message: unknown) => `TOKEN ${JSON.stringify(message)}`;
const answer = (text: string) => say({ type: "answer", call: "CALL", ok: true, text });
const artifact = (name: string, base64: string) =>
  say({ type: "artifact", call: "CALL", artifact: 1, name, base64 });

const value = fc.oneof(fc.jsonValue(), fc.constantFrom("CALL", "!!!", "AAAA", true, 1, null));
const message = fc.record({
  type: fc.oneof(fc.constantFrom(...TYPES), value),
  call: fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>("CALL") }, {
    weight: 1,
    arbitrary: value,
  }),
  ok: fc.oneof(fc.boolean(), value),
  text: fc.oneof(fc.string({ unit: "binary" }), value),
  error: fc.oneof(fc.string(), value),
  needs_packages: fc.oneof(fc.boolean(), value),
  declaration: value,
  artifact: fc.oneof(fc.integer(), value),
  name: fc.oneof(fc.string(), value),
  base64: fc.oneof(fc.base64String(), fc.string(), value),
}, { requiredKeys: ["type"] });
const line = fc.oneof(
  { weight: 6, arbitrary: message.map(say) },
  { weight: 1, arbitrary: fc.json().map((json) => `TOKEN ${json}`) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((text) => `TOKEN ${text}`) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

Deno.test("call() gives a result whatever the process says, and nothing is left to fail", async () => {
  await withSayer({}, async (sayer) => {
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.boolean(),
      async (lines, refuses) => {
        const onArtifact = () => Promise.reject(new RangeError("a bad name"));
        const result = await sayer.say(lines, refuses ? { onArtifact } : {});
        assertEquals(typeof (result.ok ? result.output : result.error), "string");
      },
    );
    await fc.assert(property, { numRuns: 150 });
    assertEquals(Object.keys(Object.prototype), []);
  });
});

Deno.test("call() takes no artifact that is no base64, and the service goes on", async () => {
  await withSayer({}, async (sayer) => {
    assertEquals(outputOf(await sayer.say([artifact("x", "!!!")])), "end");
    assertEquals(outputOf(await sayer.say([artifact("y", "AAAA")])), "end");
    assertEquals(sayer.artifacts, [["y", new Uint8Array(3)]]);
  });
});

Deno.test("call() takes no answer over the limit from a process that did not look", async () => {
  await withSayer({ answer_bytes: 10 }, async (sayer) => {
    assertEquals(
      errorOf(await sayer.say([answer("å".repeat(6))])),
      'The tool "sayer" failed: it answered with 12 bytes, expected at most 10.',
    );
    assertEquals(outputOf(await sayer.say([answer("å".repeat(5))])), "ååååå");
  });
});

Deno.test("call() takes no artifact over the limit from a process that did not look", async () => {
  await withSayer({ artifact_bytes: 5 }, async (sayer) => {
    await sayer.say([artifact("big", btoa("x".repeat(6))), artifact("fits", btoa("x".repeat(5)))]);
    assertEquals(sayer.artifacts.map(([name]) => name), ["fits"]);
  });
});

Deno.test("call() stops a tool that makes too many artifacts", async () => {
  await withSayer({ call_artifacts: 3 }, async (sayer) => {
    const four = Array.from({ length: 4 }, (_, i) => artifact(`a${i}`, ""));
    // Its answer comes with them: whichever is first, no more than three are kept.
    await sayer.say(four);
    assertEquals(sayer.artifacts.length, 3);
    const many = Array.from({ length: 20_000 }, (_, i) => artifact(`b${i}`, ""));
    assertEquals(
      errorOf(await sayer.say(many)),
      'The tool "sayer" failed: it made more than 3 artifacts in one call and was stopped.',
    );
    assertEquals(sayer.artifacts.length, 6);
  });
});

Deno.test("call() counts messages that mean nothing as printed", async () => {
  await withSayer({ printed_bytes: 10_000 }, async (sayer) => {
    for (
      const noise of [
        say({ type: "ready" }),
        say({ type: "none" }),
        "TOKEN {",
        say({ type: "answer", call: "x", ok: true, text: "" }),
      ]
    ) {
      assertEquals(
        errorOf(await sayer.say(Array(1500).fill(noise))),
        'The tool "sayer" failed: it printed more than 10000 bytes and was stopped.',
      );
    }
  });
});

Deno.test("call() shortens and cleans what a tool says of its failure", async () => {
  await withSayer({}, async (sayer) => {
    const text = "\x1b[31mred\x1b[0m \x07" + "x".repeat(1_000_000);
    const error = errorOf(
      await sayer.say([say({ type: "answer", call: "CALL", ok: false, text })]),
    );
    assertMatch(error, /^The tool "sayer" failed: red x{3990,4000}\.$/);
  });
});

Deno.test("call() does not throw for arguments that cannot be sent", async () => {
  await withSayer({}, async (sayer) => {
    await sayer.say([]);
    const args: unknown = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
    assertMatch(
      errorOf(await sayer.say([], { args })),
      /its arguments are nothing that can be sent/,
    );
    assertEquals(outputOf(await sayer.say([])), "end");
  });
});

Deno.test("call() sends nothing for a signal that is aborted", async () => {
  await withSayer({}, async (sayer) => {
    const result = await sayer.say([], { signal: AbortSignal.abort() });
    assertEquals(errorOf(result), 'The tool "sayer" was not started: it was cancelled.');
    assert(outputOf(await sayer.say([])) === "end");
  });
});
