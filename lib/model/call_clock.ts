/** The time limits of one model call, and the record of which one ended it. */

/** In milliseconds. */
export interface CallTimeouts {
  /**
   * Until the first content. Models that think without saying so, and long prompts on a CPU, are
   * silent for minutes. Default 300,000.
   */
  readonly first_content_ms: number;
  /**
   * Between two pieces of content; comments and empty chunks are not content. Tokens come many a
   * second, and hidden reasoning in the middle of an answer is short. Default 120,000.
   */
  readonly idle_ms: number;
  /** For the whole call. Default 600,000. */
  readonly deadline_ms: number;
  /** From the `finish_reason` to the end of the stream; the answer is whole then. Default 5,000. */
  readonly tail_ms: number;
}

export const CALL_TIMEOUTS: CallTimeouts = {
  first_content_ms: 300_000,
  idle_ms: 120_000,
  deadline_ms: 600_000,
  tail_ms: 5_000,
};

/** Why a call was ended from our side. */
export type EndedBy = "caller" | "first_content" | "idle" | "deadline" | "tail";

/**
 * Aborts its controller when the caller does or a limit is reached. The openai package neither
 * limits streams nor tells why one was aborted, so the first reason is kept here.
 */
export class CallClock implements Disposable {
  readonly controller = new AbortController();
  readonly #timeouts: CallTimeouts;
  readonly #caller: AbortSignal | undefined;
  readonly #deadline: ReturnType<typeof setTimeout>;
  readonly #onAbort = (): void => this.#end("caller");
  #silence: ReturnType<typeof setTimeout>;
  #ended_by: EndedBy | undefined;

  constructor(timeouts: CallTimeouts, caller: AbortSignal | undefined) {
    this.#timeouts = timeouts;
    this.#caller = caller;
    this.#deadline = setTimeout(() => this.#end("deadline"), timeouts.deadline_ms);
    this.#silence = setTimeout(() => this.#end("first_content"), timeouts.first_content_ms);
    caller?.addEventListener("abort", this.#onAbort);
    if (caller?.aborted) this.#end("caller");
  }

  get ended_by(): EndedBy | undefined {
    return this.#ended_by;
  }

  /** Content came. */
  progressed(): void {
    this.#rearm("idle", this.#timeouts.idle_ms);
  }

  /** The answer is whole; only its usage and the stream's end may still come. */
  finishing(): void {
    this.#rearm("tail", this.#timeouts.tail_ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#silence);
    this.#caller?.removeEventListener("abort", this.#onAbort);
    // Whatever is still under way belongs to a call that is over.
    this.controller.abort();
  }

  #rearm(reason: EndedBy, milliseconds: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#end(reason), milliseconds);
  }

  #end(reason: EndedBy): void {
    this.#ended_by ??= reason;
    this.controller.abort();
  }
}
