import { getLogger } from "@logtape/logtape";

const log = getLogger(["bts", "queue"]);

/** Says of a file that it is left alone, once for as long as the reason stays the same. */
export class Complaints {
  readonly #made = new Map<string, string>();

  /** @param file the file as people know it, such as `pending/x.json` */
  leave(file: string, reason: string): void {
    if (this.#made.get(file) === reason) return;
    this.#made.set(file, reason);
    log.warning`${file} is left where it is: ${reason}`;
  }

  /** Whether a file was left alone when it was last looked at. */
  isLeft(file: string): boolean {
    return this.#made.has(file);
  }

  /** The file is all right again, or gone. */
  forget(file: string): void {
    this.#made.delete(file);
  }
}
