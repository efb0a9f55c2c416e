import { getLogger } from "@logtape/logtape";

const log = getLogger(["bts", "queue"]);

/** Says of a task that it is left alone, once for as long as the reason stays the same. */
export class Complaints {
  readonly #made = new Map<string, string>();

  /** @param what the task as people know it, such as `pending/x.json` */
  leave(what: string, reason: string): void {
    if (this.#made.get(what) === reason) return;
    this.#made.set(what, reason);
    log.warning`${what} is left where it is: ${reason}`;
  }

  /** Whether it was left alone when it was last looked at. */
  isLeft(what: string): boolean {
    return this.#made.has(what);
  }

  /** It is all right again, or gone. */
  forget(what: string): void {
    this.#made.delete(what);
  }
}
