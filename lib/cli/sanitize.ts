/** Text of models, tools and other programs, made harmless before it reaches a terminal. */

// Sequences of ECMA-48: CSI with its parameters; OSC, DCS, SOS, PM and APC with their text; then
// the short ones. What does not end is no sequence: its ESC goes with the other controls. A text ends
// at the next opener too, or very many openers would each be followed to the end.
const SEQUENCE =
  // deno-lint-ignore no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]+[0-~]|\u001b[0-OQ-WYZ\\`-~]/g;

// C0 and C1 controls but newline and tab; DEL; then the characters that reorder or hide text:
// Arabic letter mark, LRM and RLM, embeddings and overrides, isolates, line and paragraph
// separators, the byte order mark, and tag characters.
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** The text without escape sequences, control characters and bidi controls. */
export function sanitize(text: string): string {
  return text.replace(SEQUENCE, "").replace(UNSAFE, "").toWellFormed();
}

/** {@linkcode sanitize}, with everything that would break a line made a space. */
export function sanitizeLine(text: string): string {
  return sanitize(text).replace(/\s+/g, " ").trim();
}

/**
 * {@linkcode sanitize} for text that comes in pieces: an escape sequence that is split between two
 * pieces is removed whole.
 */
export class StreamSanitizer {
  #held = "";

  /** What of the text so far can be shown; a sequence not yet ended is kept for the next piece. */
  push(piece: string): string {
    const text = this.#held + piece;
    const start = beginningOfOpenSequence(text);
    this.#held = text.slice(start);
    return sanitize(text.slice(0, start));
  }

  /** The rest, once no more comes. */
  end(): string {
    const rest = sanitize(this.#held);
    this.#held = "";
    return rest;
  }
}

// A sequence that has not ended after this many characters is no sequence.
const MAX_SEQUENCE = 256;
// The beginnings of those above that more may follow, and half of a character.
const OPEN =
  // deno-lint-ignore no-control-regex
  /(?:(?:\u001b\[|\u009b)[0-?]*[ -/]*|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f]*\u001b?|\u001b[ -/]*|[\ud800-\udbff])$/;

function beginningOfOpenSequence(text: string): number {
  const tail = Math.max(0, text.length - MAX_SEQUENCE);
  const match = OPEN.exec(text.slice(tail));
  return match === null ? text.length : tail + match.index;
}
