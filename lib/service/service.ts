/** The background service: its parts, its start and its stop. */
import { getLogger } from "@logtape/logtape";
import { runAgent } from "../agent/run_agent.ts";
import type { DurabilityLost } from "../disk/flusher.ts";
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { Journals } from "../journal/journal.ts";
import type { ChatModel } from "../model/model.ts";
import type { Presence } from "../presence/presence.ts";
import type { ClaimedTask, TaskQueue } from "../queue/task_queue.ts";
import type { Toolbox } from "../sandbox/toolbox.ts";
import { sleep } from "../sleep.ts";
import { RECORD_VERSION } from "../task/record.ts";
import { formatTime } from "../task/time.ts";
import type { Owner } from "../task/transitions.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";
import { Dispatcher } from "./dispatcher.ts";
import { ModelPause } from "./model_pause.ts";
import { recoverContinuously } from "./recoverer.ts";
import { type RunnerParts, runTask } from "./runner.ts";

const log = getLogger(["bts", "service"]);

/** With --drain: how often a service with nothing to do asks whether that is all, milliseconds. */
const DRAIN_CHECK_MS = 250;

export interface ServiceParts {
  readonly owner: Owner;
  readonly queue: TaskQueue;
  readonly journals: Journals;
  readonly artifacts: Artifacts;
  readonly presence: Presence;
  readonly upkeep: Pick<Upkeep, "place">;
  readonly model: ChatModel;
  readonly toolbox: Toolbox;
  readonly reap: (process: { pid: number; instance: string }) => Promise<void>;
  readonly durability: () => DurabilityLost | undefined;
  /** Nothing is waited for any more that is not there: what is asked of the storage fails then. */
  readonly hurry?: () => void;
}

export interface ServiceOptions {
  readonly concurrency: number;
  /** Stop by itself when nothing is running and nothing is due. */
  readonly drain: boolean;
  /** After `stop`, what runs may go on to its next finished step for so long. Milliseconds. */
  readonly grace_ms: number;
}

export class Service {
  readonly #stopping = new AbortController();
  readonly #abandon = new AbortController();
  readonly #pause = new ModelPause(Date.now, () => performance.now());
  readonly #dispatcher: Dispatcher;

  constructor(private readonly parts: ServiceParts, private readonly options: ServiceOptions) {
    const runner = this.#runnerParts();
    this.#dispatcher = new Dispatcher({
      queue: parts.queue,
      concurrency: options.concurrency,
      ready: (signal) => this.#pause.over(signal),
      run: (task) => runTask(runner, task),
    });
  }

  /**
   * Runs until stopped or drained; nothing that it ran is left in running/ by then.
   *
   * @param stop take nothing new; what runs goes on to its next finished step, within the grace
   * @throws {DurabilityLost} when the disk did not take a flush
   * @throws {MoveRefused} while its tasks are being moved, also where that has begun behind its back
   */
  async run(stop: AbortSignal): Promise<void> {
    if (stop.aborted) this.#stop();
    else stop.addEventListener("abort", () => this.#stop(), { once: true });
    const { presence, toolbox, queue } = this.parts;
    const announced = await presence.announce(this.#record());
    const facts = {
      service_id: this.parts.owner.service_id,
      concurrency: this.options.concurrency,
      model: this.parts.model.name,
      place: this.parts.upkeep.place,
    };
    log.info(
      "service {service_id} is ready, {concurrency} tasks at once, model {model}; tasks are kept in " +
        "{place}",
      facts,
    );
    const { refused } = announced;
    if (refused.aborted) this.#stop();
    else refused.addEventListener("abort", () => this.#stop(), { once: true });
    const { signal } = this.#stopping;
    const durability = () => this.#durability();
    const recovery = recoverContinuously({ ...this.parts, durability }, signal);
    const drain = this.options.drain ? this.#stopWhenDrained(signal) : undefined;
    try {
      await this.#dispatcher.dispatch(signal);
    } finally {
      this.#stop();
      await this.#settle();
      this.parts.hurry?.();
      await recovery;
      // Who asks just now what is left to do waits no longer for the directory to be read.
      queue.close();
      await drain;
      await toolbox.close();
      await announced.withdraw();
    }
    const lost = this.parts.durability();
    if (lost !== undefined) throw lost;
    refused.throwIfAborted();
    log.info("service {service_id} has stopped", { service_id: this.parts.owner.service_id });
  }

  #stop(): void {
    this.#stopping.abort();
  }

  async #settle(): Promise<void> {
    const { running } = this.#dispatcher;
    if (running > 0) {
      const who = running === 1 ? "one task goes on to its" : `${running} tasks go on to their`;
      const seconds = this.options.grace_ms / 1000;
      log.info(
        `stopping: ${who} next finished step, for at most {seconds} s; another signal leaves at once`,
        { seconds, running },
      );
    }
    const settled = new AbortController();
    const grace = sleep(this.options.grace_ms, settled.signal).then(() => {
      this.#abandon.abort();
      if (!settled.signal.aborted) this.parts.hurry?.();
    });
    await this.#dispatcher.settled();
    settled.abort();
    await grace;
  }

  async #stopWhenDrained(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#dispatcher.running === 0 && await this.#isDrained()) {
        log.info`nothing is left to do`;
        return this.#stop();
      }
      await sleep(DRAIN_CHECK_MS, signal);
    }
  }

  async #isDrained(): Promise<boolean> {
    try {
      const { running, due, retrying } = await this.parts.queue.outstanding();
      return running + due + retrying + this.#dispatcher.running === 0;
    } catch (error) {
      log.error`what is left to do could not be read: ${error}`;
      return false;
    }
  }

  // Whoever finds a flush lost ends the whole service: a part that went on alone would look alive.
  #durability(): DurabilityLost | undefined {
    const lost = this.parts.durability();
    // Nothing new may be taken either: the dispatcher ends, and `run` says why.
    if (lost !== undefined) this.#stop();
    return lost;
  }

  #runnerParts(): RunnerParts {
    return {
      run: (task, signals) => this.#runAgent(task, signals),
      durability: () => this.#durability(),
      stopping: this.#stopping.signal,
      abandon: this.#abandon.signal,
      now: Date.now,
      random: Math.random,
    };
  }

  async #runAgent(task: ClaimedTask, signals: Parameters<RunnerParts["run"]>[1]) {
    const { journals, artifacts, model, toolbox } = this.parts;
    const { record } = task;
    await task.start();
    const journal = await journals.open(record.id, record.incarnation);
    try {
      return await runAgent({
        record,
        journal,
        artifacts,
        model,
        toolbox,
        signals,
        onRateLimited: (until) => this.#pause.extend(until),
        ready: (signal) => this.#pause.over(signal),
      });
    } finally {
      journal.close();
    }
  }

  #record() {
    const { owner, model, toolbox } = this.parts;
    return {
      version: RECORD_VERSION,
      ...owner,
      started_at: formatTime(Date.now()),
      concurrency: this.options.concurrency,
      model: model.name,
      tools: toolbox.catalogue.map((
        { name, permissions, effects, enabled, reason, off },
      ) => ({
        name,
        permissions: { ...permissions },
        effects,
        enabled,
        reason,
        ...(off ? { off } : {}),
      })),
    };
  }
}
