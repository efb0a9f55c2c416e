import { linesOf } from "./lines_of.ts";

/**
 * The other end of a `HelperProcess`: answers each line of standard input with one on standard
 * output, and returns when the bench has closed its end or is gone.
 */
export async function serveCommands<C>(answer: (command: C) => Promise<unknown>): Promise<void> {
  for await (const line of linesOf(Deno.stdin.readable)) {
    write(await answered(() => answer(JSON.parse(line))));
  }
}

async function answered(answer: () => Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await answer() ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function write(value: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}
