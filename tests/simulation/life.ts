/** One run: a machine, its processes, what goes wrong, and the look at the end. */
import { type Progress, readNotifications, runClient } from "./client_actor.ts";
import type { Engine } from "./engine.ts";
import { type Fault, Faults } from "./faults.ts";
import { Invariants } from "./invariants.ts";
import { Ledger, type Violation } from "./ledger.ts";
import type { Disruption, Moment, Plan, ProcessPlan } from "./plan.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { runService } from "./service_actor.ts";
import type { Machine } from "./simulated_disk.ts";
import { SimulatedFs } from "./simulated_fs.ts";
import { ROOT, SimulatedProcess } from "./simulated_process.ts";
import { WatchedNames } from "./watched_names.ts";

/** How a run ended. */
export interface Outcome {
  readonly violation: Violation | undefined;
  readonly steps: number;
  readonly kills: number;
}

/** A run that does not come to rest within so many steps, or so much virtual time, is stuck. */
const MAX_STEPS = 20_000;
const MAX_REST_MS = 400_000;
/** The wall clock at the start, milliseconds since the epoch. */
const EPOCH = Date.UTC(2026, 0, 1);

/** A place for a process, which may be started again after its death. */
interface Slot {
  readonly plan: ProcessPlan;
  readonly name: string;
  readonly progress: Progress;
  starts: number;
  process: SimulatedProcess | undefined;
  stop: AbortController;
  done: boolean;
}

export class Life {
  readonly #scheduler: Scheduler;
  readonly #fs: SimulatedFs;
  readonly #faults: Faults;
  readonly #machine: Machine;
  readonly #ledger: Ledger;
  readonly #invariants: Invariants;
  readonly #slots: Slot[];
  readonly #random: Random;
  #clock = 0;
  #kills = 0;
  #chaos = true;

  constructor(
    private readonly plan: Plan,
    private readonly engine: Engine,
    readonly trace?: (line: string) => void,
  ) {
    const { seed } = plan;
    this.#random = new Random(seed, 5);
    this.#scheduler = new Scheduler(new Random(seed, 2), plan);
    this.#scheduler.trace = trace;
    const now = () => EPOCH + this.#clock + Math.floor(this.#scheduler.now);
    this.#fs = new SimulatedFs(new Random(seed, 3), now);
    this.#faults = new Faults(plan.disruptions.filter(isFault));
    this.#ledger = new Ledger(() => this.#scheduler.steps);
    this.#machine = {
      scheduler: this.#scheduler,
      fs: this.#fs,
      faults: this.#faults,
      watched: new WatchedNames(this.#scheduler, new Random(seed, 4), plan.event_loss),
      now,
      onChange: (owner, change) => this.#invariants.onChange(owner, change),
      NotARegularFile: engine.NotARegularFile,
    };
    this.#invariants = new Invariants(
      this.#fs,
      this.#ledger,
      () => this.#scheduler.steps,
      (owner) => owner instanceof SimulatedProcess && owner.keepsRules,
    );
    this.#slots = plan.processes.map((process, index) => ({
      plan: process,
      name: `${process.kind === "service" ? "S" : "C"}${index}`,
      progress: { next: 0 },
      starts: 0,
      process: undefined,
      stop: new AbortController(),
      done: false,
    }));
  }

  /** Runs to the end or to the first violation. Never rejects. */
  async run(): Promise<Outcome> {
    try {
      await this.#prepare();
      for (const slot of this.#slots) {
        if (slot.plan.kind === "service") this.#startLater(slot, slot.plan.delay);
        else this.#start(slot);
      }
      await this.#runChaos();
      await this.#comeToRest();
    } catch (error) {
      this.#unexpected("the simulation", error);
    }
    for (const { process } of this.#slots) process?.kill();
    const { violation } = this.#ledger;
    return { violation, steps: this.#scheduler.steps, kills: this.#kills };
  }

  get violation(): Violation | undefined {
    return this.#ledger.violation;
  }

  /** Something that nobody caught: a real process would die of it. */
  unhandled(error: unknown): void {
    this.#unexpected("a process", error);
  }

  // The tree is there and flushed, or a process has to make it.
  async #prepare(): Promise<void> {
    if (this.plan.bare) return;
    const { layout } = this.#makeProcess("setup");
    for (const path of layout.directories()) this.#fs.makeDirectory(path);
    this.#fs.makeDirectory(`${ROOT}/notifications/talk`);
    this.#fs.makeDirectory(`${ROOT}/notifications/talk/read`);
    this.#fs.force(Infinity);
    await undefined;
  }

  async #runChaos(): Promise<void> {
    let waiting = this.plan.disruptions.filter((disruption) => !isFault(disruption));
    const end = this.plan.chaos_steps;
    while (this.#scheduler.steps < end && this.#ledger.violation === undefined) {
      await this.#scheduler.settle();
      const due = waiting.filter(({ at }) => this.#isPast(at));
      if (due.length > 0) waiting = waiting.filter((disruption) => !due.includes(disruption));
      for (const disruption of due) this.#disrupt(disruption);
      if (this.#isAtRest()) break;
      if (!this.#scheduler.step()) break;
    }
  }

  #isPast(at: Moment): boolean {
    if ("step" in at) return this.#scheduler.steps >= at.step;
    return "ms" in at ? this.#scheduler.now >= at.ms : this.#fs.changes >= at.change;
  }

  async #comeToRest(): Promise<void> {
    this.#chaos = false;
    this.#faults.stop();
    if (this.plan.ending === "power_cut") this.#cutPower();
    else if (this.plan.ending === "restart") this.#slots.forEach((slot) => this.#kill(slot, 0));
    for (const slot of this.#slots) if (slot.process?.alive !== true) this.#start(slot);
    const from = this.#scheduler.now;
    while (this.#ledger.violation === undefined) {
      await this.#scheduler.settle();
      if (this.#isAtRest()) break;
      const tired = this.#scheduler.steps > MAX_STEPS || this.#scheduler.now - from > MAX_REST_MS;
      if (tired || !this.#scheduler.step()) break;
    }
    if (this.#ledger.violation === undefined) this.#invariants.atRest();
    if (this.#ledger.violation === undefined && this.plan.durability === "full") {
      this.#cutPower();
    }
  }

  #isAtRest(): boolean {
    if (this.#scheduler.steps % 4 !== 0) return false;
    if (this.#slots.some(({ plan, done }) => plan.kind === "client" && !done)) return false;
    const facts = [...this.#ledger.tasks.values()];
    return facts.every(({ id, holder, wild }) => {
      if (holder?.process.alive) return false;
      if (wild) return true;
      const states = this.#invariants.states(id);
      return states.every((state) => state === "completed" || state === "failed");
    });
  }

  #disrupt(disruption: Exclude<Disruption, Fault>): void {
    this.trace?.(`      ==== ${JSON.stringify(disruption)}`);
    if (disruption.kind === "power_cut") {
      this.#cutPower();
      for (const slot of this.#slots) this.#startLater(slot, 5);
    } else if (disruption.kind === "clock") this.#clock += disruption.by;
    else {
      const { last } = this.#scheduler;
      const slot = disruption.process < 0
        ? this.#slots.find(({ process }) => process === last)
        : this.#slots[disruption.process];
      if (slot === undefined) return;
      if (disruption.kind === "kill") this.#kill(slot, disruption.pause);
      else if (slot.plan.kind === "service") slot.stop.abort();
    }
  }

  #kill(slot: Slot, pause: number): void {
    if (slot.process?.alive) {
      this.#kills++;
      this.#bury(slot.process);
    }
    if (this.#chaos) this.#startLater(slot, pause);
  }

  #bury(process: SimulatedProcess): void {
    process.kill();
    this.#ledger.died(process);
  }

  #cutPower(): void {
    this.#kills++;
    this.trace?.("      ==== the power fails");
    for (const { process } of this.#slots) if (process?.alive) this.#bury(process);
    this.#fs.powerCut();
    this.#ledger.powerFailed();
    this.#invariants.afterPowerCut();
  }

  #startLater(slot: Slot, pause: number): void {
    const starts = slot.starts;
    this.#scheduler.after({ name: "world", alive: true }, pause, () => {
      if (slot.starts === starts && slot.process?.alive !== true) this.#start(slot);
    });
  }

  #start(slot: Slot): void {
    slot.starts++;
    slot.done = false;
    slot.stop = new AbortController();
    const process = this.#makeProcess(`${slot.name}-${slot.starts}`);
    slot.process = process;
    const life = slot.plan.kind === "service"
      ? this.#serve(slot, process, slot.plan.concurrency)
      : this.#attend(slot, process);
    life.catch((error) => this.#unexpected(process.name, error));
  }

  async #serve(slot: Slot, process: SimulatedProcess, concurrency: number): Promise<void> {
    try {
      await this.#ready(process);
      const announced = this.plan.presence ? await this.#announce(process) : undefined;
      await runService(process, this.#ledger, concurrency, slot.stop.signal);
      this.#ledger.announced.delete(process);
      await announced?.withdraw();
    } catch (error) {
      if (process.flusher.failure === undefined && !this.#wasFault()) throw error;
    }
    // It has ended: by itself, or by a fault. Somebody starts it again.
    this.#bury(process);
    if (this.#chaos) this.#startLater(slot, 20);
    else this.#start(slot);
  }

  async #announce(process: SimulatedProcess) {
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
    this.#ledger.announced.set(process, this.#scheduler.steps);
    return announced;
  }

  async #attend(slot: Slot, process: SimulatedProcess): Promise<void> {
    const { plan } = slot;
    if (plan.kind !== "client") return;
    const onError = (error: unknown) => {
      if (!this.#wasFault() && !isExpected(error)) this.#unexpected(process.name, error);
    };
    try {
      await this.#ready(process);
      if (plan.reads) readNotifications(process, this.#ledger);
      await runClient(process, this.#ledger, plan, slot.progress, onError);
    } catch (error) {
      onError(error);
      slot.progress.next = plan.actions.length;
    }
    slot.done = true;
  }

  async #ready(process: SimulatedProcess): Promise<void> {
    if (!this.plan.bare) return;
    const { disk, layout, runtime, flusher } = process;
    await this.engine.prepareTree(disk, layout, runtime.now(), flusher);
  }

  #makeProcess(name: string): SimulatedProcess {
    const random = new Random(this.plan.seed, 100 + this.#random.int(1_000_000));
    return new SimulatedProcess(name, this.#machine, this.engine, random, this.plan.durability);
  }

  #wasFault(): boolean {
    return this.#faults.count > 0;
  }

  #unexpected(who: string, error: unknown): void {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#ledger.report("errors", `${who} met ${text}`);
  }
}

function isFault(disruption: Disruption): disruption is Fault {
  return disruption.kind === "fault" || disruption.kind === "full";
}

// What a person is told to do again.
function isExpected(error: unknown): boolean {
  return error instanceof Error && /try again$/.test(error.message);
}
