/** Fetches what a tool's file imports, so that its process finds it without the network. */
import { plainText } from "./plain_text.ts";
import { cacheCommand } from "./tool_command.ts";

/** Options of {@linkcode fetchPackages}. */
export interface FetchPackagesOptions {
  /** Of these the child gets Deno's directory, and what it needs to reach a registry. */
  readonly environment: Readonly<Record<string, string>>;
  /** After so long it is given up. */
  readonly fetch_seconds: number;
  /** Gives it up at once. */
  readonly signal?: AbortSignal | undefined;
}

// Programs that it has started may hold its pipe open after its end.
const DRAIN_MS = 100;

/** `undefined` when all is there, else why not, as a clause. Runs none of the tool's code. */
export async function fetchPackages(
  file: string,
  { environment, fetch_seconds, signal }: FetchPackagesOptions,
): Promise<string | undefined> {
  const { program, args, env } = cacheCommand(file, environment);
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    clearEnv: true,
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let why: string | undefined;
  const kill = (reason: string) => {
    why ??= reason;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has just gone by itself.
    }
  };
  const late = `fetching them took more than ${fetch_seconds} s and was stopped`;
  const timer = setTimeout(() => kill(late), fetch_seconds * 1000);
  const abort = () => kill("the service is stopping");
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  const { success, said } = await endOf(child);
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  return why ?? (success ? undefined : said);
}

async function endOf(child: Deno.ChildProcess): Promise<{ success: boolean; said: string }> {
  const reader = child.stderr.getReader();
  const decoder = new TextDecoder();
  let said = "";
  const reading = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      said = (said + decoder.decode(part.value, { stream: true })).slice(0, 10_000);
    }
  })();
  const { success } = await child.status;
  const timer = setTimeout(() => reader.cancel().catch(() => {}), DRAIN_MS);
  await reading.catch(() => {});
  clearTimeout(timer);
  return { success, said: plainText(said, 500) };
}
