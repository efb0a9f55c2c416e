/** What the demo prints, and how it waits for what it says. */

import type { Sighting } from "./view.ts";

/** Prints a line. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

/** Prints a step of the workflow, which has been observed by then. */
export function step(number: number, text: string): void {
  say(`\n${number}  ${text}`);
}

/** Prints how something can be seen, and some fields of it. */
export function show({ how, record }: Sighting, fields: string[]): void {
  say(`     ${how}`);
  for (const field of fields) {
    const text = typeof record[field] === "string"
      ? record[field] as string
      : JSON.stringify(record[field]);
    say(`       ${field}: ${text.replaceAll("\n", "\n         ")}`);
  }
}

/**
 * Looks until there is something to see.
 *
 * @param seconds how long; then the demo has failed
 */
export async function observe<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = 10,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`${what} was not seen within ${seconds} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}
