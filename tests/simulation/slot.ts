/** A place for a process: it is started, killed, and started again by whoever looks after it. */
import { type Progress, readNotifications, runClient } from "./client_actor.ts";
import type { Engine } from "./engine.ts";
import type { Ledger } from "./ledger.ts";
import type { Plan, ProcessPlan } from "./plan.ts";
import { Random } from "./random.ts";
import { runService } from "./service_actor.ts";
import type { Machine } from "./simulated_disk.ts";
import { SimulatedProcess } from "./simulated_process.ts";

/** What all slots of a life share. */
export interface World {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly machine: Machine;
  readonly ledger: Ledger;
  /** Each process has its own chance. */
  readonly seeds: Random;
  /** Whether things still go wrong. */
  chaos: boolean;
}

export function makeProcess(world: World, name: string): SimulatedProcess {
  const { plan, engine, machine, seeds } = world;
  const random = new Random(plan.seed, 100 + seeds.int(1_000_000));
  return new SimulatedProcess(name, machine, engine, random, plan.durability);
}

/** Writes down an error that a real process would have died of. */
export function reportError(ledger: Ledger, who: string, error: unknown): void {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  ledger.report("errors", `${who} met ${text}`);
}

export class Slot {
  process: SimulatedProcess | undefined;
  /** A client that has done all that was planned. */
  done = false;
  #starts = 0;
  #stop = new AbortController();
  readonly #name: string;
  readonly #progress: Progress = { next: 0 };

  constructor(private readonly world: World, readonly plan: ProcessPlan, index: number) {
    this.#name = `${plan.kind === "service" ? "S" : "C"}${index}`;
  }

  get alive(): boolean {
    return this.process?.alive === true;
  }

  start(): void {
    this.#starts++;
    this.done = false;
    this.#stop = new AbortController();
    const process = makeProcess(this.world, `${this.#name}-${this.#starts}`);
    this.process = process;
    const life = this.plan.kind === "service"
      ? this.#serve(process, this.plan.concurrency)
      : this.#attend(process, this.plan);
    life.catch((error) => reportError(this.world.ledger, process.name, error));
  }

  startLater(pause: number): void {
    const starts = this.#starts;
    this.world.machine.scheduler.after({ name: "world", alive: true }, pause, () => {
      if (this.#starts === starts && !this.alive) this.start();
    });
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  /** kill -9. */
  die(): void {
    if (this.process === undefined || !this.alive) return;
    this.process.kill();
    this.world.ledger.died(this.process);
  }

  async #serve(process: SimulatedProcess, concurrency: number): Promise<void> {
    const { plan, ledger } = this.world;
    try {
      await this.#ready(process);
      const announced = plan.presence ? await this.#announce(process) : undefined;
      await runService(process, ledger, concurrency, this.#stop.signal);
      ledger.announced.delete(process);
      await announced?.withdraw();
    } catch (error) {
      if (process.flusher.failure === undefined && !this.#wasFault()) throw error;
    }
    // It has ended: by itself, or by a fault. Somebody starts it again.
    this.die();
    if (this.world.chaos) this.startLater(20);
    else this.start();
  }

  async #announce(process: SimulatedProcess) {
    const { ledger, machine } = this.world;
    const announced = await process.presence.announce({
      version: 1,
      service_id: process.name,
      pid: 1,
      host: "simulated",
      started_at: new Date(process.runtime.now()).toISOString(),
      concurrency: 1,
      model: "script",
      tools: [],
    });
    ledger.announced.set(process, machine.scheduler.steps);
    return announced;
  }

  async #attend(
    process: SimulatedProcess,
    plan: Extract<ProcessPlan, { kind: "client" }>,
  ): Promise<void> {
    const { ledger } = this.world;
    const onError = (error: unknown) => {
      if (!this.#wasFault() && !isExpected(error)) reportError(ledger, process.name, error);
    };
    try {
      await this.#ready(process);
      if (plan.reads) readNotifications(process, ledger);
      await runClient(process, ledger, plan, this.#progress, onError);
    } catch (error) {
      onError(error);
      this.#progress.next = plan.actions.length;
    }
    this.done = true;
  }

  async #ready({ disk, layout, runtime, flusher }: SimulatedProcess): Promise<void> {
    const { plan, engine } = this.world;
    if (plan.bare) await engine.prepareTree(disk, layout, runtime.now(), flusher);
  }

  #wasFault(): boolean {
    return this.world.machine.faults.count > 0;
  }
}

// What a person is told to do again.
function isExpected(error: unknown): boolean {
  return error instanceof Error && /try again$/.test(error.message);
}
