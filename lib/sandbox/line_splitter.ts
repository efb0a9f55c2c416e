/**
 * A tool process's standard output taken apart: lines that begin with its token are messages,
 * everything else is something the tool printed, which is counted and not kept.
 */

/** Options of {@linkcode LineSplitter}. */
export interface LineSplitterOptions {
  /** What a message's line begins with, without the space after it. */
  readonly token: string;
  /** A message may have so many bytes. */
  readonly message_bytes: number;
  /** The text of a message, without its token. */
  readonly onMessage: (text: string) => void;
  /** So many bytes were no message. */
  readonly onStray: (bytes: number) => void;
  /** A message is too long; nothing more is read. */
  readonly onTooLong: () => void;
}

const LINE_BREAK = 10;

/** Takes chunks in any cut. Keeps at most one message's bytes. */
export class LineSplitter {
  readonly #prefix: Uint8Array;
  #parts: Uint8Array[] = [];
  #length = 0;
  #stray = false;
  #ended = false;

  constructor(readonly options: LineSplitterOptions) {
    this.#prefix = new TextEncoder().encode(options.token + " ");
  }

  /** The next bytes of the stream. */
  push(chunk: Uint8Array): void {
    let from = 0;
    while (!this.#ended) {
      const to = chunk.indexOf(LINE_BREAK, from);
      this.#append(chunk.subarray(from, to === -1 ? undefined : to));
      if (to === -1) return;
      this.#endLine();
      from = to + 1;
    }
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#stray) return this.options.onStray(bytes.length);
    // A copy: the stream may use its buffer again.
    this.#parts.push(bytes.slice());
    this.#length += bytes.length;
    if (!this.#mayBeMessage()) this.#giveUpLine();
    else if (this.#length > this.options.message_bytes) {
      this.#ended = true;
      this.#parts = [];
      this.options.onTooLong();
    }
  }

  #mayBeMessage(): boolean {
    if (this.#length - (this.#parts.at(-1)?.length ?? 0) >= this.#prefix.length) return true;
    const start = concat(this.#parts, this.#length);
    this.#parts = [start];
    const compared = Math.min(start.length, this.#prefix.length);
    return this.#prefix.subarray(0, compared).every((byte, i) => start[i] === byte);
  }

  #giveUpLine(): void {
    this.options.onStray(this.#length);
    this.#parts = [];
    this.#length = 0;
    this.#stray = true;
  }

  #endLine(): void {
    const isMessage = !this.#stray && this.#length >= this.#prefix.length;
    const bytes = concat(this.#parts, this.#length);
    // Line breaks count too: a flood may be made of nothing else.
    if (!isMessage) this.options.onStray(this.#length + 1);
    this.#parts = [];
    this.#length = 0;
    this.#stray = false;
    if (isMessage) {
      this.options.onMessage(new TextDecoder().decode(bytes.subarray(this.#prefix.length)));
    }
  }
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
