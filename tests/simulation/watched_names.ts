/** Watches: hints that come late, twice, or not at all. */
import type { WatchEvent } from "../../lib/disk/disk.ts";
import type { Random } from "./random.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { NameChange } from "./simulated_fs.ts";

interface Watcher {
  readonly owner: Owner;
  readonly onEvent: (event: WatchEvent) => void;
}

export class WatchedNames {
  readonly #watchers = new Map<string, Set<Watcher>>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    /** Chance that an event is lost. */
    private readonly loss: number,
  ) {}

  /** @returns what ends the watch */
  add(path: string, owner: Owner, onEvent: (event: WatchEvent) => void): () => void {
    const watcher = { owner, onEvent };
    const watchers = this.#watchers.get(path) ?? new Set();
    this.#watchers.set(path, watchers.add(watcher));
    return () => void watchers.delete(watcher);
  }

  report({ from, to }: NameChange): void {
    for (const path of [from, to]) {
      if (path === undefined) continue;
      const slash = path.lastIndexOf("/");
      const watchers = this.#watchers.get(path.slice(0, slash));
      if (watchers === undefined) continue;
      for (const watcher of watchers) this.#send(watchers, watcher, path.slice(slash + 1));
    }
  }

  #send(watchers: Set<Watcher>, watcher: Watcher, name: string): void {
    if (this.random.chance(this.loss)) return;
    const rescan = this.random.chance(0.05);
    const event = { names: rescan ? [] : [name], rescan };
    const { owner } = watcher;
    for (let copies = this.random.chance(0.1) ? 2 : 1; copies > 0; copies--) {
      this.scheduler.post(owner, () => `event ${rescan ? "rescan" : name}`, () => {
        if (watchers.has(watcher)) watcher.onEvent(event);
      });
    }
  }
}
