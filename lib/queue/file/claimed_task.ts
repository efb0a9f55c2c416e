import { endAttempt, type Ending, targetOf } from "../../task/transitions.ts";
import type { ClaimedRecord } from "../../task/transitions.ts";
import type { PreparedNotification } from "../../notifications/notifications.ts";
import { notificationOf } from "../../task/notification.ts";
import type { TaskRecord, TaskState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { CANCELLED } from "../cancelled.ts";
import { type ClaimedTask, NotStarted } from "../task_queue.ts";
import { isCancelRequested } from "./cancel_requests.ts";
import type { EngineContext } from "./context.ts";
import type { HeldFile } from "./held_file.ts";
import { replaceRecord } from "./record_file.ts";
import { settle } from "./settle.ts";

/** The kernel frees a lock only with the process that holds it. */
const NEVER = new AbortController().signal;

/** A task in running/ whose lock this process holds. */
export class FileClaimedTask implements ClaimedTask {
  readonly lost = NEVER;
  readonly #cancel = new AbortController();
  #settled: TaskState | undefined;
  /** An ending was tried to be saved before. */
  #tried = false;

  constructor(
    private readonly context: EngineContext,
    private readonly held: HeldFile,
    readonly record: ClaimedRecord,
    private readonly onReleased: (task: FileClaimedTask, state: TaskState | undefined) => void,
    /** When this process claimed it, by `elapsed`; absent where it was another's before. */
    private readonly claimedAt?: number,
  ) {}

  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  async start(): Promise<void> {
    try {
      await replaceRecord(this.context, this.held, "running", this.record);
    } catch (cause) {
      if (this.context.flusher.failure !== undefined) throw cause;
      throw new NotStarted(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  async finish(ending: Ending): Promise<TaskState> {
    // Once it has moved, a second try must not put it back into running/.
    const state = this.#settled ??= await this.#settle(ending);
    this.#release(state);
    return state;
  }

  async #settle(ending: Ending): Promise<TaskState> {
    const final: Ending = await this.#overruled(ending)
      ? { kind: "failed", error: CANCELLED, usage: "usage" in ending ? ending.usage : undefined }
      : ending;
    const { now, elapsed } = this.context;
    const lasted = this.claimedAt === undefined ? undefined : elapsed() - this.claimedAt;
    const record = endAttempt(this.record, final, now(), lasted);
    await settle(this.context, record, await this.#stage(record, targetOf(final)));
    return targetOf(final);
  }

  // The notification is written beside the record, so that both are flushed at the same time. It is
  // published by `settle`, when the ending can no longer be another one: so what was not staged was
  // never published. After a first try that failed it may have been, and is looked for.
  async #stage(record: TaskRecord, to: TaskState): Promise<PreparedNotification | undefined> {
    const { context, held } = this;
    const tells = !this.#tried && isTerminal(to) && record.conversation_id !== "";
    this.#tried = true;
    const [staged, prepared] = await Promise.allSettled([
      replaceRecord(context, held, "running", record),
      tells ? context.notifications.prepare(notificationOf(record, to)) : undefined,
    ]);
    if (staged.status === "rejected") {
      if (prepared.status === "fulfilled") await prepared.value?.drop();
      throw staged.reason;
    }
    if (prepared.status === "rejected") throw prepared.reason;
    return prepared.value;
  }

  abandon(): void {
    this.#release(undefined);
  }

  /** Looks for a cancel request and aborts `cancelled` if there is one for this run. */
  async checkCancelled(): Promise<boolean> {
    if (await isCancelRequested(this.context, this.record.id, this.record)) this.#cancel.abort();
    return this.#cancel.signal.aborted;
  }

  // A request that came in while the task was being put back must not be outrun by it.
  async #overruled(ending: Ending): Promise<boolean> {
    return targetOf(ending) === "pending" && await this.checkCancelled();
  }

  #release(state: TaskState | undefined): void {
    this.held.file.close();
    this.onReleased(this, state);
  }
}
