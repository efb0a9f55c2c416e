/** An instant by both clocks, in milliseconds: one is never set, the other goes on while the machine sleeps. */
export interface Instant {
  readonly elapsed: number;
  readonly now: number;
}

/** One job that this process holds: its lock's token, and how sure that is. */
export class Lease {
  readonly #lost = new AbortController();
  /** Its last move is under way: the lock goes with it, and that is no loss. */
  isEnding = false;
  /** The token that the lock has or may have since an ending was sent. */
  lastToken: string | undefined;
  /** Called with the text of a cancel request that was seen. */
  onRequest: ((text: string) => void) | undefined;

  constructor(
    readonly task_id: string,
    readonly job_id: string,
    readonly token: string,
    /** When the last command was sent to which the server answered: it is yours. */
    public confirmed: Instant,
  ) {}

  /** Aborted when somebody else may hold the job. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether the lock's token is, or may be, one of this lease's. */
  isOf(token: string): boolean {
    return token === this.token || token === this.lastToken;
  }

  lose(): void {
    this.#lost.abort();
  }
}
