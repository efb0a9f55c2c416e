import type { Watch } from "../../disk/disk.ts";
import type { Timer } from "../../runtime.ts";
import type { EngineContext } from "./context.ts";
import { Wakeup } from "../wakeup.ts";

/** A task that is waited for is looked at this often where events were lost, in milliseconds. */
const CHECK_MS = 1_000;

/** One watch on the two terminal states for all who wait, as long as anybody does. */
export class EndedWatch {
  readonly #waiting = new Map<Wakeup, string>();
  #watches: Watch[] = [];
  #timer: Timer | undefined;

  constructor(private readonly context: EngineContext) {}

  /** Wakes whenever the task may have ended, until it is given back by `remove`. */
  add(id: string): Wakeup {
    const changed = new Wakeup();
    this.#waiting.set(changed, `${id}.json`);
    if (this.#waiting.size === 1) this.#begin();
    return changed;
  }

  remove(changed: Wakeup): void {
    this.#waiting.delete(changed);
    // Who waits for a wake that never comes would keep its promise alive.
    changed.wake();
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  #begin(): void {
    const { disk, layout, every } = this.context;
    this.#watches = (["completed", "failed"] as const).map((state) =>
      disk.watch(layout.state(state), ({ names, rescan }) => {
        if (rescan) this.#wakeAll();
        else this.#wake(new Set(names));
      }, { ours: true })
    );
    this.#timer = every(CHECK_MS, () => this.#wakeAll());
  }

  #wake(names: ReadonlySet<string>): void {
    for (const [changed, name] of this.#waiting) if (names.has(name)) changed.wake();
  }

  #wakeAll(): void {
    for (const changed of this.#waiting.keys()) changed.wake();
  }
}
