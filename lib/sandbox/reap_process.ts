/**
 * The helper of `reapToolProcess()`: reads `{pid, instance}` from standard input, kills that
 * process and its group if its command line holds the instance token, and ends when it is gone.
 */

const POLL_MS = 5;
// A process in an uninterruptible wait outlasts its SIGKILL; longer than this is a fault.
const PATIENCE_MS = 10_000;

/** Kills the process unless another program has its pid by now. */
async function reap(pid: number, instance: string): Promise<void> {
  if (!Number.isInteger(pid) || pid <= 1 || instance.length < 16) {
    throw new TypeError(`Cannot end process "${pid}": expected a pid above 1 and a token.`);
  }
  if (!await isTool(pid, instance)) return;
  kill(-pid);
  kill(pid);
  const deadline = Date.now() + PATIENCE_MS;
  while (await isTool(pid, instance)) {
    if (Date.now() > deadline) throw new Error(`Process ${pid} did not end after SIGKILL.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

// A process that has ended but was not waited for has an empty command line: it counts as gone.
async function isTool(pid: number, instance: string): Promise<boolean> {
  return (await commandLine(pid)).includes(instance);
}

async function commandLine(pid: number): Promise<string> {
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-ww", "-o", "command=", "-p", String(pid)],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  }
  try {
    return await Deno.readTextFile(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Ends the process that standard input names. */
export async function reapFromInput(): Promise<void> {
  const input: unknown = await new Response(Deno.stdin.readable).json();
  const { pid, instance } = input as { pid: number; instance: string };
  await reap(pid, instance);
}

if (import.meta.main) await reapFromInput();
