/** Names and what there is to say of them, one below the other. */
import { type OutputLook, styled } from "./terminal.ts";
import { wrapWords } from "./word_wrap.ts";

/** What is said gets so many columns at least. */
const LEAST = 16;

/** @param facts harmless texts of one line each */
export function renderFacts(
  facts: readonly (readonly [name: string, text: string])[],
  look: OutputLook,
): string {
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts.map(([name, text]) => {
    return `${styled(look, "dim", name.padEnd(width))}${hanging(text, width, look.columns)}\n`;
  }).join("");
}

/** A text whose first line begins at a column; what is broken off it goes on below that. */
export function hanging(text: string, indent: number, columns: number | undefined): string {
  if (columns === undefined) return text;
  const wrapped = wrapWords(text, Math.max(LEAST, columns - indent - 1));
  return wrapped.replaceAll("\n", "\n" + " ".repeat(indent));
}
