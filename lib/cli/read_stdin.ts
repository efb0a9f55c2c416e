import { Interrupted } from "./interrupted.ts";

/**
 * All of standard input.
 *
 * @throws {Interrupted} when the signal is aborted before its end
 */
export async function readStdin(signal: AbortSignal): Promise<string> {
  if (signal.aborted) throw new Interrupted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Interrupted());
  signal.addEventListener("abort", stop, { once: true });
  try {
    // A read that has begun cannot be taken back: it ends with the process.
    return await Promise.race([new Response(Deno.stdin.readable).text(), promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
