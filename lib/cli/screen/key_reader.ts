import { KeyDecoder } from "../editor/key_decoder.ts";
import type { Key } from "../editor/key.ts";

/** What may be the beginning of a sequence is a key of its own after so long, in milliseconds. */
const ESCAPE_MS = 50;

export interface KeyReaderOptions {
  readonly onKeys: (keys: readonly Key[]) => void;
  /** Called once, when nothing more will come. */
  readonly onEnd: () => void;
}

/** Standard input as keys, until the process ends: a read that has begun cannot be taken back. */
export class KeyReader {
  readonly #decoder = new KeyDecoder();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(private readonly options: KeyReaderOptions) {
    void this.#read();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    const bytes = new Uint8Array(16 * 1024);
    const decoder = new TextDecoder();
    while (!this.#closed) {
      const count = await Deno.stdin.read(bytes).catch(() => null);
      if (this.#closed) return;
      if (count === null) return this.options.onEnd();
      clearTimeout(this.#timer);
      this.#hand(this.#decoder.push(decoder.decode(bytes.subarray(0, count), { stream: true })));
      if (!this.#decoder.waits) continue;
      this.#timer = setTimeout(() => this.#hand(this.#decoder.flush()), ESCAPE_MS);
    }
  }

  #hand(keys: readonly Key[]): void {
    if (keys.length > 0 && !this.#closed) this.options.onKeys(keys);
  }
}
