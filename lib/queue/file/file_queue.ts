/** The file engine: one directory a state, one rename a transition, a kernel lock as the lease. */
import { getLogger } from "@logtape/logtape";
import type { Watch, WatchEvent } from "../../disk/disk.ts";
import { isId } from "../../task/id.ts";
import type { Timer } from "../../runtime.ts";
import { TASK_STATES, type TaskRequest, type TaskState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import type { ClaimedRecord } from "../../task/transitions.ts";
import type {
  ClaimedTask,
  Enqueued,
  Outstanding,
  PruneOptions,
  PruneRefusal,
  QueueWatch,
  Refusal,
  Task,
  TaskFilter,
  TaskQueue,
} from "../task_queue.ts";
import { cancelTask } from "./cancel.ts";
import { claimPending } from "./claim.ts";
import { FileClaimedTask } from "./claimed_task.ts";
import { Complaints } from "../complaints.ts";
import type { EngineContext } from "./context.ts";
import { EndedWatch } from "./ended_watch.ts";
import { enqueueTask } from "./enqueue.ts";
import type { HeldFile } from "./held_file.ts";
import { idsIn } from "./ids_in.ts";
import { eachTask, listTasks } from "./list_tasks.ts";
import { findTask } from "./lookup.ts";
import { OwnMoves } from "./own_moves.ts";
import { PendingIndex } from "./pending_index.ts";
import { finishPrunes, pruneTask } from "./prune.ts";
import { findOrphans } from "./recover.ts";
import { retryTask } from "./retry.ts";
import { stemOf } from "./stem_of.ts";
import { Turns } from "./turns.ts";
import { Wakeup } from "../wakeup.ts";

const log = getLogger(["bts", "queue"]);

/** Cancel requests are looked for this often where events were lost, in milliseconds. */
const CANCEL_CHECK_MS = 1_000;
/** After a claim that failed for a reason of the disk's, in milliseconds. */
const FAULT_PAUSE_MS = 1_000;
/**
 * Claims one after the other hold the event loop for at most so long, in milliseconds: then timers,
 * signals and the events of more urgent tasks get in. A turn with nothing to do takes microseconds.
 */
const CLAIM_SLICE_MS = 4;

export class FileQueue implements TaskQueue {
  readonly #context: EngineContext;
  readonly #index: PendingIndex;
  readonly #mine = new Map<string, FileClaimedTask>();
  readonly #watches: Watch[] = [];
  readonly #ready = new Wakeup();
  readonly #ownMoves: OwnMoves;
  readonly #turns: Turns;
  readonly #ended: EndedWatch;
  #cancelTimer: Timer | undefined;
  #dispatching = false;

  constructor(context: Omit<EngineContext, "complaints">) {
    this.#context = { ...context, complaints: new Complaints() };
    this.#index = new PendingIndex(this.#context, this.#ready);
    this.#ownMoves = new OwnMoves(this.#context);
    this.#turns = new Turns(this.#context, CLAIM_SLICE_MS);
    this.#ended = new EndedWatch(this.#context);
  }

  async enqueue(request: TaskRequest & { id?: string }): Promise<Enqueued> {
    const enqueued = await enqueueTask(this.#context, request);
    if (enqueued.created && this.#dispatching) this.#index.noteNew(enqueued.id);
    return enqueued;
  }

  async claim(signal: AbortSignal): Promise<ClaimedTask | undefined> {
    this.#startDispatching();
    while (!signal.aborted) {
      // Tasks that end at once would keep all events out, those of more urgent tasks among them.
      if (this.#turns.isOver()) {
        await this.#turns.take();
        continue;
      }
      const next = this.#index.take();
      // Nothing runs between the two calls, so no wake is missed.
      if (next === undefined) {
        await this.#ready.next(signal);
        this.#turns.begin();
      } else {
        const task = await this.#tryClaim(next.stem, next.tries);
        if (task !== undefined) return task;
      }
    }
    return undefined;
  }

  async #tryClaim(stem: string, tries: number): Promise<ClaimedTask | undefined> {
    try {
      const result = await claimPending(this.#context, stem, { early: false });
      if (result.kind === "held") this.#index.noteHeld(stem, tries);
      else if (result.kind === "not_due") this.#index.note(stem);
      else if (result.kind === "later") this.#index.noteLater(stem, result.at);
      else if (result.kind === "left") this.#index.leave(stem, result.reason);
      if (result.kind !== "claimed") return undefined;
      this.#ownMoves.add(stem);
      return await this.#unlessCancelled(
        this.#adopt(result.held, result.record, this.#context.elapsed()),
      );
    } catch (error) {
      if (this.#context.flusher.failure !== undefined) throw error;
      if (error instanceof Deno.errors.PermissionDenied) {
        // As the index says it of what it looks at itself: once, until it changes.
        this.#index.leave(stem, `it cannot be read (${error.message})`);
        return undefined;
      }
      log.error`task ${stem} could not be claimed and is tried again: ${error}`;
      this.#index.noteLater(stem, this.#context.now() + FAULT_PAUSE_MS);
    }
    return undefined;
  }

  async #unlessCancelled(task: FileClaimedTask): Promise<ClaimedTask | undefined> {
    try {
      if (!await task.checkCancelled()) return task;
      // The request is still there, and turns this into the failed state.
      await task.finish({ kind: "interrupted" });
      return undefined;
    } catch (error) {
      // Nobody would run it or let go of it: recovery does.
      task.abandon();
      throw error;
    }
  }

  async orphans(): Promise<ClaimedTask[]> {
    await finishPrunes(this.#context);
    const orphans = await findOrphans(this.#context, (id) => this.#mine.has(id));
    return orphans.map(({ held, record }) => this.#adopt(held, record));
  }

  get(id: string): Promise<Task | undefined> {
    return findTask(this.#context, id);
  }

  ids(states: readonly TaskState[] = TASK_STATES): Promise<string[]> {
    return idsIn(this.#context, states);
  }

  list(filter: TaskFilter & { readonly limit: number }): Promise<Task[]> {
    return listTasks(this.#context, filter);
  }

  each(filter: TaskFilter): AsyncIterable<Task> {
    return eachTask(this.#context, filter);
  }

  watch(onChange: (id: string | undefined) => void): QueueWatch {
    const { disk, layout } = this.#context;
    const watches = TASK_STATES.map((state) =>
      disk.watch(layout.state(state), ({ names, rescan }) => {
        if (rescan) return onChange(undefined);
        for (const name of names) {
          const stem = stemOf(name);
          if (isId(stem)) onChange(stem);
        }
      }, { ours: state !== "pending" })
    );
    return { close: () => watches.forEach((watch) => watch.close()) };
  }

  cancel(id: string, signal?: AbortSignal): Promise<{ ok: true; task: Task } | Refusal> {
    return cancelTask(this.#context, id, (held, record) => this.#adopt(held, record), signal);
  }

  async retry(
    id: string,
    options: { fresh: boolean },
  ): Promise<{ ok: true; task: Task } | Refusal> {
    const result = await retryTask(this.#context, id, options.fresh);
    if (result.ok && this.#dispatching) this.#index.note(id);
    return result;
  }

  prune(
    id: string,
    options: PruneOptions = {},
  ): Promise<{ ok: true; task: Task } | PruneRefusal> {
    return pruneTask(this.#context, id, options);
  }

  async ended(id: string, signal: AbortSignal): Promise<Task | undefined> {
    if (signal.aborted) return undefined;
    // Without a watch first: setting one up on very many names takes milliseconds.
    const now = await this.get(id);
    if (now === undefined || await this.#hasMoved(now)) return now;
    const changed = this.#ended.add(id);
    try {
      while (!signal.aborted) {
        const next = changed.next(signal);
        const task = await this.get(id);
        if (task === undefined || await this.#hasMoved(task)) return task;
        await next;
      }
      return undefined;
    } finally {
      this.#ended.remove(changed);
    }
  }

  // A staged ending is decided, but its notification may still be on its way: who waited for the
  // end looks for that next.
  async #hasMoved({ state, record }: Task): Promise<boolean> {
    const { disk, layout } = this.#context;
    return isTerminal(state) && await disk.stat(layout.task(state, record.id)) !== undefined;
  }

  async outstanding(): Promise<Outstanding> {
    const { disk, layout } = this.#context;
    // Pending before and after: a task that moves meanwhile is counted twice, never not at all.
    const before = await this.#index.count();
    const entries = await disk.list(layout.state("running")) ?? [];
    const after = await this.#index.count();
    // What recovery leaves alone would keep a drain waiting for ever.
    const running = entries.filter(({ name, kind }) =>
      kind === "file" && isId(stemOf(name)) && !this.#context.complaints.isLeft(`running/${name}`)
    );
    return {
      running: running.length,
      due: Math.max(before.due, after.due),
      retrying: Math.max(before.retrying, after.retrying),
      scheduled: Math.max(before.scheduled, after.scheduled),
    };
  }

  close(): void {
    this.#index.close();
    this.#cancelTimer?.cancel();
    for (const watch of this.#watches) watch.close();
    void this.#context.spares?.clear();
  }

  #startDispatching(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    const { disk, layout } = this.#context;
    // The watches before the first scan: what comes in between is seen by one of the two.
    this.#watches.push(
      disk.watch(layout.state("pending"), (event) => this.#onPending(event)),
      disk.watch(layout.cancel, (event) => this.#onCancel(event)),
    );
    this.#cancelTimer = this.#context.every(CANCEL_CHECK_MS, () => this.#checkAllCancelled());
    this.#index.start();
  }

  #onPending(event: WatchEvent): void {
    if (event.rescan) {
      log.info`events for pending/ were lost: reading the directory instead`;
      this.#ownMoves.clear();
      this.#index.scanSoon();
    }
    for (const name of event.names) {
      const stem = stemOf(name);
      if (stem === undefined || this.#ownMoves.explains(stem)) continue;
      // Of several the most urgent one is first: they are looked at.
      if (event.names.length === 1) this.#index.noteNew(stem);
      else this.#index.note(stem);
    }
  }

  #onCancel(event: WatchEvent): void {
    if (event.rescan) return this.#checkAllCancelled();
    for (const name of event.names) void this.#checkCancelled(this.#mine.get(name));
  }

  #checkAllCancelled(): void {
    for (const task of this.#mine.values()) void this.#checkCancelled(task);
  }

  async #checkCancelled(task: FileClaimedTask | undefined): Promise<void> {
    try {
      await task?.checkCancelled();
    } catch (error) {
      log.error`a cancel request could not be read: ${error}`;
    }
  }

  #adopt(held: HeldFile, record: ClaimedRecord, claimedAt?: number): FileClaimedTask {
    const onReleased = (released: FileClaimedTask, state: TaskState | undefined) => {
      if (this.#mine.get(record.id) === released) this.#mine.delete(record.id);
      if (state === "pending" && this.#dispatching) this.#index.note(record.id);
    };
    const task = new FileClaimedTask(this.#context, held, record, onReleased, claimedAt);
    this.#mine.set(record.id, task);
    return task;
  }
}
