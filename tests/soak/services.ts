/** Services that are killed, stopped, held still and started at random. */
import type { Random } from "../simulation/random.ts";
import type { Program, ProgramResult } from "../support/program.ts";
import { sleep } from "../../lib/sleep.ts";

/** One death in so many is a SIGTERM. */
const TERM_SHARE = 0.2;
/** A service that is told to stop must have ended by then, in milliseconds. */
const STOP_MS = 20_000;
const MAX_RESTART_MS = 500;

/** How a service is held still (SIGSTOP), and then goes on as if nothing had been. */
export interface FreezeOptions {
  /** This part of all blows, from 0 to 1. */
  readonly share: number;
  /** For at least and at most so long, in milliseconds. */
  readonly ms: readonly [number, number];
}

export class Services {
  readonly #running = new Set<Program>();
  /** The ones that are meant to end. */
  readonly #doomed = new Set<Program>();
  readonly #frozen = new Set<Program>();
  #ended = false;
  kills = 0;
  stops = 0;
  freezes = 0;
  starts = 0;
  /** What a service must not do: end by itself, end with an error, not end. */
  readonly faults: string[] = [];
  readonly #keepers: Promise<void>[];

  constructor(
    count: number,
    private readonly start: (slot: number) => Program,
    private readonly random: Random,
    private readonly freeze?: FreezeOptions,
  ) {
    this.#keepers = Array.from({ length: count }, (_, slot) => this.#keep(slot));
  }

  /** How many run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Strikes one at random, now and then, until the signal is aborted. */
  async strike(meanMs: number, signal: AbortSignal): Promise<void> {
    const freezing: Promise<void>[] = [];
    while (!signal.aborted) {
      await sleep(-Math.log(1 - this.random.real()) * meanMs, signal);
      const able = [...this.#running]
        .filter((program) => !this.#doomed.has(program) && !this.#frozen.has(program));
      if (signal.aborted || able.length === 0) continue;
      const victim = this.random.pick(able);
      if (this.freeze !== undefined && this.random.chance(this.freeze.share)) {
        freezing.push(this.#freeze(victim, this.freeze.ms, signal));
        continue;
      }
      this.#doomed.add(victim);
      if (this.random.chance(TERM_SHARE)) void this.#stop(victim);
      else {
        this.kills++;
        victim.kill("SIGKILL");
      }
    }
    await Promise.all(freezing);
  }

  /** Stops all of them for good. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#running].map((program) => {
      this.#doomed.add(program);
      return this.#stop(program);
    }));
    await Promise.all(this.#keepers);
  }

  async #keep(slot: number): Promise<void> {
    while (!this.#ended) {
      const program = this.start(slot);
      this.starts++;
      this.#running.add(program);
      const result = await program.ended;
      this.#running.delete(program);
      if (!this.#doomed.has(program)) this.#fault("ended by itself", result);
      await sleep(this.random.int(MAX_RESTART_MS));
    }
  }

  async #freeze(
    program: Program,
    [least, most]: FreezeOptions["ms"],
    signal: AbortSignal,
  ): Promise<void> {
    this.freezes++;
    this.#frozen.add(program);
    program.kill("SIGSTOP");
    await sleep(this.random.between(least, most), signal);
    program.kill("SIGCONT");
    this.#frozen.delete(program);
  }

  async #stop(program: Program): Promise<void> {
    this.stops++;
    program.kill("SIGTERM");
    const late = new AbortController();
    const waited = sleep(STOP_MS, late.signal).then(() => undefined);
    const result = await Promise.race([program.ended, waited]);
    late.abort();
    if (result === undefined) {
      this.faults.push(`a service did not stop within ${STOP_MS} ms`);
      program.kill("SIGKILL");
      // The handler may not have been there yet: a signal that early ends any program.
    } else if (result.code !== 0 && result.signal !== "SIGTERM") {
      this.#fault("was stopped", result);
    }
  }

  #fault(what: string, { code, signal, stderr }: ProgramResult): void {
    this.faults.push(
      `a service ${what}: exit code ${code}, signal ${signal}: ${stderr.slice(-500)}`,
    );
  }
}
