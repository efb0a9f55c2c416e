/** The demo's look at files. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { type JournalEntry, parseJournalEntry } from "../../lib/task/journal_entry.ts";
import type { TaskState } from "../../lib/task/record.ts";
import { CONVERSATION, type Sighting, type View, type Words } from "./view.ts";

export class FileView implements View {
  readonly env = {};
  readonly recovery_seconds = 15;
  readonly words: Words;

  /** @param root the demo's directory, whose owner removes it */
  constructor(private readonly root: string) {
    this.words = {
      shared: `files, here: ${this.directory()}`,
      asked: "writes a request into tasks/pending/",
      taken: "moves it to tasks/running/",
      completed: "moves the task to tasks/completed/",
      shown: "files it under read/",
      left: ["Its file is still in tasks/running/,", "the kernel has freed its lock"],
    };
  }

  directory(): string {
    return join(this.root, "persistent");
  }

  only(state: TaskState): Promise<string | undefined> {
    const directory = this.#path(`tasks/${state}`);
    const names = existsSync(directory) ? [...Deno.readDirSync(directory)] : [];
    const [only] = names.length === 1 ? names : [];
    return Promise.resolve(only?.name.replace(".json", ""));
  }

  task(state: TaskState, id: string): Promise<Sighting | undefined> {
    return this.#see([`tasks/${state}/${id}.json`]);
  }

  journal(id: string): Promise<JournalEntry[]> {
    const path = this.#path(`journal/${id}.jsonl`);
    if (!existsSync(path)) return Promise.resolve([]);
    const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
    const entries = lines.map((line) => parseJournalEntry(JSON.parse(line)));
    return Promise.resolve(entries.filter((entry) => entry !== undefined));
  }

  // Main may file it at this very moment.
  notification(task_id: string): Promise<Sighting | undefined> {
    const name = `${task_id}-completed.json`;
    const directory = `notifications/${CONVERSATION}`;
    return this.#see([`${directory}/${name}`, `${directory}/read/${name}`]);
  }

  isShown(task_id: string): Promise<boolean> {
    const name = `notifications/${CONVERSATION}/read/${task_id}-completed.json`;
    return Promise.resolve(existsSync(this.#path(name)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The first of some files that is there. */
  #see(paths: readonly string[]): Promise<Sighting | undefined> {
    for (const path of paths) {
      try {
        const record = JSON.parse(Deno.readTextFileSync(this.#path(path)));
        return Promise.resolve({ how: `$ cat ${path}`, record });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return Promise.resolve(undefined);
  }

  #path(name: string): string {
    return join(this.directory(), name);
  }
}
