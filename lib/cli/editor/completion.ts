/** Completing what stands before the cursor. Pure but for asking. */
import type { EditBuffer } from "./edit_buffer.ts";

/** Something that could stand there. */
export interface Candidate {
  readonly text: string;
  /** For the list, more than the text itself; the text where absent. */
  readonly label?: string;
}

/** What could replace the text between `from` and the cursor. */
export interface Completion {
  readonly from: number;
  readonly candidates: readonly Candidate[];
}

export type Completer = (buffer: EditBuffer) => Promise<Completion | undefined>;

/** Candidates on the screen, and the one that is chosen. */
export interface OpenCompletion extends Completion {
  /** Absent until Tab is pressed once more. */
  readonly chosen?: number;
}

/** The buffer with a completion done as far as it is clear, and what is left to choose from. */
export function complete(
  buffer: EditBuffer,
  { from, candidates }: Completion,
): { buffer: EditBuffer; open?: OpenCompletion } {
  const [only, ...others] = candidates;
  if (only === undefined) return { buffer };
  if (others.length === 0) return { buffer: replaced(buffer, from, `${only.text} `) };
  const typed = buffer.text.slice(from, buffer.cursor);
  const common = commonPrefix(candidates.map(({ text }) => text));
  const grows = common.length > typed.length && common.startsWith(typed);
  return {
    buffer: grows ? replaced(buffer, from, common) : buffer,
    open: { from, candidates },
  };
}

/** The next candidate in place of the text, or the one before. */
export function cycle(
  buffer: EditBuffer,
  open: OpenCompletion,
  direction: 1 | -1,
): { buffer: EditBuffer; open: OpenCompletion } {
  const { from, candidates, chosen } = open;
  const count = candidates.length;
  const next = chosen === undefined
    ? (direction === 1 ? 0 : count - 1)
    : (chosen + direction + count) % count;
  return {
    buffer: replaced(buffer, from, candidates[next]?.text ?? ""),
    open: { from, candidates, chosen: next },
  };
}

function replaced({ text, cursor }: EditBuffer, from: number, by: string): EditBuffer {
  // A space that is there already need not be made once more.
  const rest = by.endsWith(" ") ? text.slice(cursor).replace(/^ /, "") : text.slice(cursor);
  const before = text.slice(0, from) + by;
  return { text: before + rest, cursor: before.length };
}

function commonPrefix(texts: readonly string[]): string {
  return texts.reduce((common, text) => {
    let length = 0;
    while (length < common.length && common[length] === text[length]) length++;
    return common.slice(0, length);
  });
}
