/** A directory of tasks as a place to move from or to. */
import { NotARegularFile } from "../disk/disk.ts";
import { FilePresence } from "../presence/file_presence.ts";
import { type HeldFile, hold } from "../queue/file/held_file.ts";
import { idsAmong } from "../queue/file/ids_in.ts";
import { readAt, readHeld } from "../queue/file/record_file.ts";
import { timeOfId } from "../task/id.ts";
import type { ParsedRecord } from "../task/parse_record.ts";
import { type Task, TASK_STATES, type TaskState } from "../task/record.ts";
import type { ServiceRecord } from "../task/service_record.ts";
import { parseTime } from "../task/time.ts";
import { compareTasks } from "./compare_tasks.ts";
import { arrive, whyNotInFiles } from "./file_arrival.ts";
import { readBundle } from "./file_bundle.ts";
import { depart, removeBelongings } from "./file_departure.ts";
import { FileMark } from "./file_mark.ts";
import type { FilePlace } from "./file_place.ts";
import { endTransit } from "./file_transit.ts";
import { judge, settleTree } from "./file_settle.ts";
import {
  type Bundle,
  BUSY,
  type Left,
  left,
  type LeftTask,
  type Taken,
  type TaskStore,
  type Written,
} from "./task_store.ts";
import { Unmovable } from "./unmovable.ts";

/** A task that moves, or that somebody holds, is looked for again so often. */
const ROUNDS = 10;
const ROUND_PAUSE_MS = 20;

export class FileTaskStore implements TaskStore {
  readonly place: string;
  readonly mark: FileMark;

  constructor(private readonly tree: FilePlace) {
    this.place = tree.layout.root;
    this.mark = new FileMark(tree);
  }

  live(): Promise<ServiceRecord[]> {
    return new FilePresence(this.tree).live();
  }

  settle(): Promise<readonly LeftTask[]> {
    return settleTree(this.tree);
  }

  async ids(): Promise<string[]> {
    const { disk, layout } = this.tree;
    const created = new Map<string, number>();
    for (const state of TASK_STATES) {
      for (const id of idsAmong(await disk.names(layout.state(state)) ?? [])) {
        created.set(id, timeOfId(id) ?? await this.#createdAt(state, id));
      }
    }
    const oldestFirst = [...created].sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1));
    return oldestFirst.map(([id]) => id);
  }

  // Only those that wait are in an order that somebody may notice.
  async #createdAt(state: TaskState, id: string): Promise<number> {
    const parsed = state === "pending" ? await readAt(this.tree, state, id) : undefined;
    return parsed?.kind === "task" ? parseTime(parsed.record.created_at) : 0;
  }

  async take(id: string): Promise<Taken> {
    for (let round = 1;; round++) {
      const taken = await this.#takeOnce(id);
      if (taken.kind === "held" || round === ROUNDS) return taken;
      await this.tree.sleep(ROUND_PAUSE_MS);
    }
  }

  async #takeOnce(id: string): Promise<Taken> {
    const { disk, layout } = this.tree;
    for (const state of TASK_STATES) {
      try {
        const result = await hold(disk, layout.task(state, id));
        if (result.kind === "held") return BUSY;
        if (result.kind === "ok") return await this.#read(state, id, result.held);
      } catch (error) {
        if (!(error instanceof NotARegularFile || error instanceof Unmovable)) throw error;
        return left(error.message);
      }
    }
    return { kind: "gone" };
  }

  async #read(state: TaskState, id: string, held: HeldFile): Promise<Taken> {
    let keep = false;
    try {
      const parsed = await readHeld(id, state, held);
      if (parsed.kind === "task") {
        const task = { state, record: parsed.record };
        const bundle = await readBundle(this.tree, task, held);
        keep = true;
        return { kind: "held", task: this.#held(bundle, task, held) };
      }
      // The engine wants its lock: it may reject it, and the next round finds it in failed/.
      held.file.close();
      if (parsed.kind === "invalid") await judge(this.tree, state, id);
      return left(problemOf(state, parsed));
    } finally {
      if (!keep) held.file.close();
    }
  }

  #held(bundle: Bundle, task: Task, held: HeldFile) {
    return {
      bundle,
      remove: () => depart(this.tree, task, held),
      release: () => held.file.close(),
    };
  }

  async write(bundle: Bundle): Promise<Written> {
    const reason = whyNotInFiles(bundle);
    if (reason !== undefined) return left(reason);
    const there = await this.#find(bundle.id);
    if (there !== undefined) {
      if (there.parsed.kind !== "task") {
        return left(`"${this.place}" has one of that id: ${problemOf(there.state, there.parsed)}`);
      }
      const relation = compareTasks(bundle, { state: there.state, record: there.parsed.record });
      if (relation === "there") return { kind: "there" };
      if (relation === "other") return left(`"${this.place}" has another task of that id`);
      const removed = await this.#removeStale(bundle.id);
      if (removed !== undefined) return removed;
    }
    return await arrive(this.tree, bundle)
      ? { kind: "written" }
      : left(`somebody has added a task of that id to "${this.place}" just now`);
  }

  async #find(id: string): Promise<{ state: TaskState; parsed: ParsedRecord } | undefined> {
    for (const state of TASK_STATES) {
      const parsed = await readAt(this.tree, state, id);
      if (parsed !== undefined) return { state, parsed };
    }
    return undefined;
  }

  async #removeStale(id: string): Promise<Left | undefined> {
    const taken = await this.take(id);
    if (taken.kind !== "held") return taken.kind === "left" ? taken : undefined;
    try {
      return await taken.task.remove() ? undefined : BUSY;
    } finally {
      taken.task.release();
    }
  }

  finish(): Promise<void> {
    return endTransit(this.tree, removeBelongings);
  }

  // Files and locks are let go of as each task is done.
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function problemOf(state: TaskState, parsed: Exclude<ParsedRecord, { kind: "task" }>): string {
  if (parsed.kind === "newer") return `its version ${parsed.version} is newer than this program`;
  return state === "pending"
    ? `it is no valid task and may still be being written: ${parsed.message}`
    : `its record cannot be read: ${parsed.message}`;
}
