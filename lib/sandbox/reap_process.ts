/**
 * The helper of `reapToolProcess()`: reads `{pid, instance}` from standard input, kills that
 * process and its group if its command line holds the instance token, and every process that has
 * inherited the token in its environment; ends when they are gone.
 */
import { INSTANCE_VARIABLE } from "./instance_variable.ts";

const POLL_MS = 5;
// A process in an uninterruptible wait outlasts its SIGKILL; longer than this is a fault.
const PATIENCE_MS = 10_000;

/** Kills the process, unless another program has its pid by now, and the programs that it started. */
async function reap(pid: number, instance: string): Promise<void> {
  if (!Number.isInteger(pid) || pid <= 1 || instance.length < 16) {
    throw new TypeError(`Cannot end process "${pid}": expected a pid above 1 and a token.`);
  }
  if (await isTool(pid, instance)) {
    kill(-pid);
    kill(pid);
  }
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const started = await startedBy(instance);
    if (started.length === 0 && !await isTool(pid, instance)) return;
    for (const one of started) kill(one);
    if (Date.now() > deadline) throw new Error(`Process ${pid} did not end after SIGKILL.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * What a tool has started carries its token wherever it went: into a group of its own, or on after
 * the tool's end. Elsewhere than on Linux no process tells its environment.
 */
async function startedBy(instance: string): Promise<number[]> {
  if (Deno.build.os !== "linux") return [];
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Boolean);
  const entry = `${INSTANCE_VARIABLE}=${instance}`;
  const carries = await Promise.all(pids.map((pid) => holds(`/proc/${pid}/environ`, entry)));
  return pids.filter((_, i) => carries[i]);
}

// Of a process of another user nothing can be read, nor is it a tool's.
async function holds(file: string, entry: string): Promise<boolean> {
  try {
    return (await Deno.readTextFile(file)).split("\0").includes(entry);
  } catch {
    return false;
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
