import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { startModelServer } from "../support/model_server.ts";
import { denoArgs, PROJECT } from "../support/program.ts";
import { Pty } from "../support/pty.ts";

/** Starts both programs, lets a task run, leaves, and looks for what is left. */
async function startAndLeave(dir: string, env: Record<string, string>): Promise<void> {
  await using server = await startModelServer(({ body }) => {
    if (body.messages[0]?.content?.startsWith("You are a background worker")) {
      return { text: "The answer is 42" };
    }
    const { role } = body.messages.at(-1)!;
    if (role === "tool") return { text: "Started." };
    const args = { title: "Think", prompt: "Think hard" };
    return { tool_calls: [{ name: "schedule_background_task", arguments: args }] };
  });
  await using pty = new Pty({
    command: ["deno", ...denoArgs("start"), "--dir", dir],
    cwd: PROJECT,
    env: { OPENAI_BASE_URL: server.base_url, ...env },
  });
  await pty.until((screen) => screen.at(-1) === ">");
  assert(!pty.screen().join("\n").includes("No background service"), pty.screen().join("\n"));
  await pty.type("think in the background\r");
  await pty.until("Started.");
  await pty.until("The answer is 42");
  await pty.type("\x03");
  assertEquals(await pty.exitCode(), 130);
  assertEquals(Array.from(Deno.readDirSync(join(dir, "services"))), []);
  assertEquals(Array.from(Deno.readDirSync(join(dir, "tasks", "running"))), []);
  const log = await Deno.stat(join(dir, "service.log"));
  assert(log.size > 0);
}

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("start runs the service beside the chat and ends it with the chat", async () => {
  await withDir((dir) => startAndLeave(join(dir, "persistent"), {}));
});

Deno.test("start finds and ends its service where deno is a script that starts the real one", async () => {
  await withDir(async (dir) => {
    const script = `#!/bin/sh\n'${Deno.execPath()}' "$@"\nexit $?\n`;
    await Deno.mkdir(join(dir, "bin"));
    await Deno.writeTextFile(join(dir, "bin", "deno"), script, { mode: 0o755 });
    const PATH = `${join(dir, "bin")}:${Deno.env.get("PATH")}`;
    await startAndLeave(join(dir, "persistent"), { PATH });
  });
});
