/** Four services that are killed and started at random. */
import type { Random } from "../simulation/random.ts";
import type { Program, ProgramResult } from "../support/program.ts";
import { sleep } from "../../lib/sleep.ts";

/** One death in so many is a SIGTERM. */
const TERM_SHARE = 0.2;
/** A service that is told to stop must have ended by then, in milliseconds. */
const STOP_MS = 20_000;
const MAX_RESTART_MS = 500;

export class Services {
  readonly #running = new Set<Program>();
  /** The ones that are meant to end. */
  readonly #doomed = new Set<Program>();
  #ended = false;
  kills = 0;
  stops = 0;
  starts = 0;
  /** What a service must not do: end by itself, end with an error, not end. */
  readonly faults: string[] = [];
  readonly #keepers: Promise<void>[];

  constructor(
    count: number,
    private readonly start: () => Program,
    private readonly random: Random,
  ) {
    this.#keepers = Array.from({ length: count }, () => this.#keep());
  }

  /** How many run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Ends one at random, now and then, until the signal is aborted. */
  async strike(meanMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(-Math.log(1 - this.random.real()) * meanMs, signal);
      const able = [...this.#running].filter((program) => !this.#doomed.has(program));
      if (signal.aborted || able.length === 0) continue;
      const victim = this.random.pick(able);
      this.#doomed.add(victim);
      if (this.random.chance(TERM_SHARE)) void this.#stop(victim);
      else {
        this.kills++;
        victim.kill("SIGKILL");
      }
    }
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

  async #keep(): Promise<void> {
    while (!this.#ended) {
      const program = this.start();
      this.starts++;
      this.#running.add(program);
      const result = await program.ended;
      this.#running.delete(program);
      if (!this.#doomed.has(program)) this.#fault("ended by itself", result);
      await sleep(this.random.int(MAX_RESTART_MS));
    }
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
