/** How often is looked for those that are given up. */
const LOOK_MS = 250;

interface Question {
  readonly began: number;
  readonly giveUp: () => void;
}

/**
 * What was asked of a server and has no answer yet. ioredis keeps what was lost with a connection for
 * the next one; while that never gets ready, neither an end nor a closing of the client settles it.
 */
export class OpenQuestions {
  readonly #open = new Set<Question>();
  readonly #timer: ReturnType<typeof setInterval>;
  #ended = false;

  /** @param isOver whether one is given up that was asked at this time of the monotonic clock */
  constructor(private readonly isOver: (began: number) => boolean) {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** What a promise gives. Rejects with "timed out" when it is given up before. */
  answer<T>(promise: Promise<T>, began: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const question = { began, giveUp: () => reject(new Error("timed out")) };
      this.#open.add(question);
      promise.then(resolve, reject).finally(() => this.#open.delete(question));
      if (this.#ended) question.giveUp();
    });
  }

  /** Gives up what is open, and all that comes. */
  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    for (const { giveUp } of this.#open) giveUp();
    this.#open.clear();
  }

  #look(): void {
    for (const question of this.#open) {
      if (!this.isOver(question.began)) continue;
      this.#open.delete(question);
      question.giveUp();
    }
  }
}
