/** One run: a machine, its processes, what goes wrong, and the look at the end. */
import type { Engine } from "./engine.ts";
import { type Fault, Faults } from "./faults.ts";
import { Invariants } from "./invariants.ts";
import { Ledger, type Violation } from "./ledger.ts";
import type { Disruption, Moment, Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import type { Machine } from "./simulated_disk.ts";
import { SimulatedFs } from "./simulated_fs.ts";
import { ROOT, SimulatedProcess } from "./simulated_process.ts";
import { makeProcess, reportError, Slot, type World } from "./slot.ts";
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

export class Life {
  readonly #scheduler: Scheduler;
  readonly #fs: SimulatedFs;
  readonly #faults: Faults;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #invariants: Invariants;
  readonly #slots: Slot[];
  #clock = 0;
  #kills = 0;

  constructor(
    private readonly plan: Plan,
    engine: Engine,
    readonly trace?: (line: string) => void,
  ) {
    const { seed } = plan;
    this.#scheduler = new Scheduler(new Random(seed, 2), plan);
    this.#scheduler.trace = trace;
    const now = () => EPOCH + this.#clock + Math.floor(this.#scheduler.now);
    this.#fs = new SimulatedFs(new Random(seed, 3), now);
    this.#faults = new Faults(plan.disruptions.filter(isFault));
    this.#ledger = new Ledger(() => this.#scheduler.steps);
    const machine: Machine = {
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
    const seeds = new Random(seed, 5);
    this.#world = { plan, engine, machine, ledger: this.#ledger, seeds, chaos: true };
    this.#slots = plan.processes.map((process, index) => new Slot(this.#world, process, index));
  }

  /** Runs to the end or to the first violation. Never rejects. */
  async run(): Promise<Outcome> {
    try {
      await this.#prepare();
      for (const slot of this.#slots) {
        if (slot.plan.kind === "service") slot.startLater(slot.plan.delay);
        else slot.start();
      }
      await this.#runChaos();
      await this.#comeToRest();
    } catch (error) {
      reportError(this.#ledger, "the simulation", error);
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
    reportError(this.#ledger, "a process", error);
  }

  // The tree is there and flushed, or a process has to make it.
  async #prepare(): Promise<void> {
    if (this.plan.bare) return;
    const { layout } = makeProcess(this.#world, "setup");
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
    this.#world.chaos = false;
    this.#faults.stop();
    if (this.plan.ending === "power_cut") this.#cutPower();
    else if (this.plan.ending === "restart") this.#slots.forEach((slot) => this.#kill(slot, 0));
    for (const slot of this.#slots) if (!slot.alive) slot.start();
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
    if (!this.#invariants.prunes.areOver) return false;
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
      for (const slot of this.#slots) slot.startLater(5);
    } else if (disruption.kind === "clock") this.#clock += disruption.by;
    else {
      const { last } = this.#scheduler;
      const slot = disruption.process < 0
        ? this.#slots.find(({ process }) => process === last)
        : this.#slots[disruption.process];
      if (slot === undefined) return;
      if (disruption.kind === "kill") this.#kill(slot, disruption.pause);
      else if (slot.plan.kind === "service") slot.stop();
    }
  }

  #kill(slot: Slot, pause: number): void {
    if (slot.alive) this.#kills++;
    slot.die();
    if (this.#world.chaos) slot.startLater(pause);
  }

  #cutPower(): void {
    this.#kills++;
    this.trace?.("      ==== the power fails");
    for (const slot of this.#slots) slot.die();
    this.#fs.powerCut();
    this.#ledger.powerFailed();
    this.#invariants.afterPowerCut();
  }
}

function isFault(disruption: Disruption): disruption is Fault {
  return disruption.kind === "fault" || disruption.kind === "full";
}
