/** Moves all tasks from one place to another: each is written whole there, then removed here. */
import { MoveProblem, MoveRefused } from "../task/move_mark.ts";
import { InFlight } from "./in_flight.ts";
import { markBoth } from "./mark_both.ts";
import {
  type Bundle,
  type Left,
  left,
  type LeftTask,
  type Taken,
  type TaskStore,
} from "./task_store.ts";

/** So many tasks are on their way at once: their flushes and round trips overlap. */
const WIDTH = 64;
/** What they hold in memory together, at most; one that is larger goes alone. Bytes. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Tasks that come in meanwhile are looked for so often. */
const PASSES = 5;
/** A task that changes while it moves is tried again so often. */
const TRIES = 5;

export interface MoveOptions {
  /** Aborted: what is on its way arrives, nothing more sets out. */
  readonly interrupted: AbortSignal;
  /** Called as tasks are done. */
  readonly onProgress: (done: number, total: number) => void;
}

export interface MoveOutcome {
  readonly moved: number;
  /** Were at the target already: only removed from the source. */
  readonly already_there: number;
  readonly left: readonly LeftTask[];
}

/** A move has ended before its time. The same command goes on with it. */
export class MoveCutShort extends MoveProblem {
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The move was cut short, the same command goes on with it: ${why}`, { cause });
  }
}

/**
 * A run that was cut short is gone on with by the next. Only when each task is at one place alone
 * are the marks removed.
 *
 * @throws {MoveRefused} where something is in the way; nothing was moved then
 * @throws {MoveCutShort} where it could not go on
 */
export async function moveTasks(
  from: TaskStore,
  to: TaskStore,
  options: MoveOptions,
): Promise<MoveOutcome> {
  const marks = await markBoth(from, to);
  // Until the first task sets out nothing can be at both places.
  let isApart = !marks.resumed;
  try {
    await assertNoService(from);
    await assertNoService(to);
    await to.settle();
    const strange = await from.settle();
    isApart = false;
    const move = new Move(from, to, options, marks.lost);
    for (const { id, reason } of strange) move.leave(id, { reason });
    const outcome = await move.run();
    await from.finish();
    await to.finish();
    // What an earlier run has left at both places was looked at, all of it.
    await marks.release({ remove: !marks.resumed || move.isComplete });
    return outcome;
  } catch (error) {
    // Whatever keeps it from letting go is the same that has ended the move.
    await marks.release({ remove: isApart }).catch(() => {});
    throw isApart || error instanceof MoveRefused ? error : new MoveCutShort(error);
  }
}

async function assertNoService(store: TaskStore): Promise<void> {
  const [service] = await store.live();
  if (service === undefined) return;
  const { service_id, pid, host } = service;
  throw new MoveRefused(
    `Cannot move tasks while a service is alive on "${store.place}": ${service_id}, process ${pid} on ` +
      `${host}; stop every service of both places first`,
  );
}

class Move {
  #moved = 0;
  #alreadyThere = 0;
  readonly #left = new Map<string, string>();
  /** Tasks that were gone when their turn came: somebody else has removed them. */
  readonly #gone = new Set<string>();
  readonly #inFlight = new InFlight(MAX_BYTES);
  #failure: { readonly error: unknown } | undefined;
  #wasBusy = false;

  constructor(
    private readonly from: TaskStore,
    private readonly to: TaskStore,
    private readonly options: MoveOptions,
    private readonly lost: AbortSignal,
  ) {}

  async run(): Promise<MoveOutcome> {
    const { interrupted } = this.options;
    for (let pass = 1; !interrupted.aborted; pass++) {
      const ids = (await this.from.ids())
        .filter((id) => !this.#left.has(id) && !this.#gone.has(id));
      if (ids.length === 0) break;
      if (pass > PASSES) this.#leaveLate(ids);
      else await this.#pass(ids);
    }
    return {
      moved: this.#moved,
      already_there: this.#alreadyThere,
      left: Array.from(this.#left, ([id, reason]) => ({ id, reason })),
    };
  }

  /** Whether each task was found out about. */
  get isComplete(): boolean {
    return !this.options.interrupted.aborted && !this.#wasBusy;
  }

  #leaveLate(ids: readonly string[]): void {
    const reason = `it came in while others moved; point who adds tasks to "${this.to.place}" ` +
      "and say the same command again";
    for (const id of ids) this.#left.set(id, reason);
  }

  async #pass(ids: readonly string[]): Promise<void> {
    const before = this.#moved + this.#alreadyThere;
    const total = before + ids.length;
    let [next, done] = [0, before];
    const worker = async () => {
      for (let id = ids[next++]; id !== undefined && !this.#isStopped; id = ids[next++]) {
        try {
          await this.#moveOne(id);
        } catch (error) {
          this.#failure ??= { error };
        }
        this.options.onProgress(++done, total);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    if (this.#failure !== undefined) throw this.#failure.error;
    this.lost.throwIfAborted();
  }

  get #isStopped(): boolean {
    return this.options.interrupted.aborted || this.lost.aborted || this.#failure !== undefined;
  }

  async #moveOne(id: string): Promise<void> {
    let answer;
    for (let tries = 1; tries <= TRIES; tries++) {
      const taken = await this.#take(id);
      if (taken.kind === "gone") return void this.#gone.add(id);
      if (taken.kind === "left") return this.leave(id, taken);
      const { task } = taken;
      try {
        const sent = await this.#inFlight.run(
          bytesOf(task.bundle),
          () => this.to.write(task.bundle),
        );
        if (sent.kind === "left") return this.leave(id, sent);
        answer ??= sent.kind;
        this.lost.throwIfAborted();
        if (await task.remove()) return this.#count(answer);
      } finally {
        task.release();
      }
    }
    throw new Error(
      `task "${id}" changes again and again while it is moved: stop what changes it, and say the ` +
        "same command again",
    );
  }

  // What the program itself trips over in one task is that one's fault, and no reason to stop.
  async #take(id: string): Promise<Taken> {
    try {
      return await this.from.take(id);
    } catch (error) {
      const isItsFault = error instanceof RangeError || error instanceof TypeError ||
        error instanceof SyntaxError;
      if (!isItsFault) throw error;
      return left(`it cannot be read: ${error.message}`);
    }
  }

  /** Notes that a task stays where it is. */
  leave(id: string, { reason, busy }: Omit<Left, "kind">): void {
    this.#left.set(id, reason);
    this.#wasBusy ||= busy ?? false;
  }

  #count(answer: "written" | "there"): void {
    if (answer === "written") this.#moved++;
    else this.#alreadyThere++;
  }
}

// A journal is read in pieces, artifacts one by one.
function bytesOf({ artifacts, original }: Bundle): number {
  return Math.max(0, original?.bytes ?? 0, ...artifacts.map(({ bytes }) => bytes));
}
