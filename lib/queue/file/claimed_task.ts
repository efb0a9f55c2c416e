import { endAttempt, type Ending, targetOf } from "../../task/transitions.ts";
import type { ClaimedRecord } from "../../task/transitions.ts";
import type { TaskState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import type { ClaimedTask } from "../task_queue.ts";
import { dropCancelRequest, isCancelRequested } from "./cancel_requests.ts";
import type { EngineContext } from "./context.ts";
import type { HeldFile } from "./held_file.ts";
import { replaceRecord } from "./record_file.ts";
import { settle } from "./settle.ts";

/** The error of a task that somebody cancelled. */
export const CANCELLED = { code: "cancelled", message: "The task was cancelled." } as const;

/** A task in running/ whose lock this process holds. */
export class FileClaimedTask implements ClaimedTask {
  readonly #cancel = new AbortController();
  #held: HeldFile;

  constructor(
    private readonly context: EngineContext,
    held: HeldFile,
    readonly record: ClaimedRecord,
    private readonly onReleased: (task: FileClaimedTask, state: TaskState | undefined) => void,
  ) {
    this.#held = held;
  }

  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  async start(): Promise<void> {
    this.#held = await replaceRecord(this.context, this.#held, "running", this.record);
  }

  async finish(ending: Ending): Promise<TaskState> {
    const final = await this.#overruled(ending)
      ? { kind: "failed", error: CANCELLED } as const
      : ending;
    const record = endAttempt(this.record, final, this.context.now());
    const state = targetOf(final);
    this.#held = await replaceRecord(this.context, this.#held, "running", record);
    await settle(this.context, record);
    if (isTerminal(state)) await dropCancelRequest(this.context, record.id);
    this.#release(state);
    return state;
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
    this.#held.file.close();
    this.onReleased(this, state);
  }
}
