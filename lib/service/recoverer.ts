/** Finds tasks whose service is gone and puts them back: recovery's own owner. */
import { getLogger } from "@logtape/logtape";
import { FirstSignal } from "../agent/first_signal.ts";
import { usageOf } from "../agent/steps.ts";
import type { Journals } from "../journal/journal.ts";
import type { Presence } from "../presence/presence.ts";
import type { ClaimedTask, TaskQueue } from "../queue/task_queue.ts";
import type { Runtime } from "../runtime.ts";
import { EachSaidOnce, SaidOnce } from "../said_once.ts";
import { sleep as systemSleep } from "../sleep.ts";
import { countProgress, type JournalEntry, openToolCalls } from "../task/journal_entry.ts";
import { isPoisonous } from "../task/retry_policy.ts";
import { parseTime } from "../task/time.ts";
import { type Ending, interruptionsAfter, type Owner } from "../task/transitions.ts";

const log = getLogger(["bts", "recovery"]);

/** A dead service's tasks are noticed this soon, in milliseconds. A pass costs about 50 µs. */
const INTERVAL_MS = 500;
/**
 * The same where no other service is alive: then only a command that died in the middle of a cancel
 * or a prune leaves something behind. Being woken twice a second for that was half of what an idle
 * service took of a processor.
 */
const ALONE_INTERVAL_MS = 5_000;

export interface RecovererParts {
  readonly queue: TaskQueue;
  readonly journals: Journals;
  /** Makes sure that a tool process is gone: a call must not run twice at the same time. */
  readonly reap: (process: { pid: number; instance: string }) => Promise<void>;
  /** Set once the disk has lost a flush: nothing can be recovered any more, and it ends. */
  readonly durability?: () => unknown;
  /** Who else is there to leave tasks behind. Default: always somebody. */
  readonly presence?: Pick<Presence, "hasOthers" | "watch">;
  /** Whose recovery this is, with `presence`. */
  readonly owner?: Pick<Owner, "service_id">;
  /** How it waits between two passes. Default: real time. */
  readonly sleep?: Runtime["sleep"];
}

/**
 * Recovers at once and then now and then, until the signal is aborted or a flush was lost. One task
 * that takes long (a tool process that does not go away) does not hold up the others.
 */
export async function recoverContinuously(
  parts: RecovererParts,
  signal: AbortSignal,
): Promise<void> {
  const { sleep = systemSleep } = parts;
  const recovering = new Set<Promise<void>>();
  const company = new Company(parts);
  const fault = new SaidOnce();
  const faults = new EachSaidOnce();
  while (!signal.aborted) {
    // Before the look: who dies after it is there for the next one.
    await company.count();
    try {
      for (const task of await parts.queue.orphans()) {
        const recovery = recover(parts, task, faults).finally(() => recovering.delete(recovery));
        recovering.add(recovery);
      }
      fault.over();
    } catch (error) {
      if (fault.isNews(error)) log.error`recovery met an error and tries again: ${error}`;
    }
    if (parts.durability?.() !== undefined) break;
    using over = new FirstSignal({ stopped: signal, changed: company.changed });
    const isQuiet = company.isAlone && recovering.size === 0;
    await sleep(isQuiet ? ALONE_INTERVAL_MS : INTERVAL_MS, over.signal);
  }
  company.close();
  await Promise.all(recovering);
}

/** Whether there are other services, and a signal for when that may have changed. */
class Company {
  readonly #watch: { close(): void } | undefined;
  readonly #fault = new SaidOnce();
  #changed = new AbortController();
  #rounds = 0;

  constructor(private readonly parts: Pick<RecovererParts, "presence" | "owner">) {
    this.#watch = parts.presence?.watch(() => this.#changed.abort());
  }

  /** Aborted when a service may have come since the last count. */
  get changed(): AbortSignal {
    return this.#changed.signal;
  }

  /**
   * True from the second count that has found nobody: of a process that is just being killed one
   * lock can be free before the other.
   */
  get isAlone(): boolean {
    return this.#rounds > 1;
  }

  async count(): Promise<void> {
    this.#changed = new AbortController();
    this.#rounds = await this.#hasOthers() ? 0 : this.#rounds + 1;
  }

  close(): void {
    this.#watch?.close();
  }

  async #hasOthers(): Promise<boolean> {
    const { presence, owner } = this.parts;
    if (presence === undefined) return true;
    try {
      const hasOthers = await presence.hasOthers(owner?.service_id ?? "");
      this.#fault.over();
      return hasOthers;
    } catch (error) {
      if (this.#fault.isNews(error)) {
        log.warning`whether other services are alive could not be read: ${error}`;
      }
      return true;
    }
  }
}

/** One pass over running/; resolves when every orphan has been dealt with. */
export async function recoverOnce(parts: RecovererParts): Promise<void> {
  const orphans = await parts.queue.orphans();
  const faults = new EachSaidOnce();
  await Promise.all(orphans.map((task) => recover(parts, task, faults)));
}

async function recover(
  parts: RecovererParts,
  task: ClaimedTask,
  faults: EachSaidOnce,
): Promise<void> {
  const { id, incarnation } = task.record;
  try {
    const entries = await parts.journals.read(id, incarnation);
    await reapOpenCalls(parts, entries);
    const ending = endingFor(task, entries);
    const state = await task.finish(ending);
    faults.over(id);
    log.warning("task {id} lost its service and is {state} now", { id, state });
  } catch (error) {
    if (faults.isNews(id, error)) {
      log.error("task {id} could not be recovered and is tried again: {error}", { id, error });
    }
    task.abandon();
  }
}

// A tool process can outlive the service that was killed, for a moment or in a loop.
async function reapOpenCalls(
  { reap }: RecovererParts,
  entries: readonly JournalEntry[],
): Promise<void> {
  for (const { pid, instance } of openToolCalls(entries)) {
    if (pid !== undefined && instance !== undefined) await reap({ pid, instance });
  }
}

function endingFor({ record }: ClaimedTask, entries: readonly JournalEntry[]): Ending {
  const progress = countProgress(entries);
  const usage = usageOf(entries, record.run);
  const interruptions = interruptionsAfter(record, progress);
  if (!isPoisonous(interruptions)) {
    const last = entries.at(-1);
    const at = parseTime(last?.at ?? record.started_at);
    const last_seen = Number.isNaN(at) ? parseTime(record.started_at) : at;
    return { kind: "crashed", progress, last_seen, usage };
  }
  return {
    kind: "failed",
    error: {
      code: "service_crashed",
      message: `The service died ${interruptions} times while it ran this task, without a ` +
        "finished step in between. Nothing repeats it by itself any more.",
    },
    usage,
  };
}
