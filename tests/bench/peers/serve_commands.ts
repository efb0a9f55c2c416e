import { linesOf } from "../lines_of.ts";
import { say } from "../say.ts";

/**
 * The other end of a `HelperProcess`: answers each line of standard input with one on standard
 * output, and exits when the bench has closed its end or is gone, whatever is still under way: a
 * library that has lost its server may wait for it for ever.
 */
export async function serveCommands<C>(answer: (command: C) => Promise<unknown>): Promise<never> {
  let last = Promise.resolve();
  for await (const line of linesOf(Deno.stdin.readable)) {
    last = last.then(async () => say(await answered(() => answer(JSON.parse(line)))));
  }
  Deno.exit();
}

async function answered(answer: () => Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await answer() ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
