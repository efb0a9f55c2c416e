/**
 * One thread of time for all simulated processes: every disk call and every timer waits here until
 * the seed's choice falls on it.
 */
import type { Timer } from "../../lib/runtime.ts";
import type { Random } from "./random.ts";

/** Who waits: a process, or the world itself. */
export interface Owner {
  readonly name: string;
  readonly alive: boolean;
}

interface Point {
  readonly owner: Owner;
  readonly label: () => string;
  readonly run: () => void;
}

interface Alarm extends Point {
  readonly at: number;
  readonly order: number;
  cancelled: boolean;
}

export interface Pace {
  /** Chance that the process that was just served goes on, if it can. */
  readonly stickiness: number;
  /** What one call takes at most, in virtual milliseconds. */
  readonly call_ms: number;
}

/** Promise continuations that are given time to come to their next call; more only cost time. */
const HOPS = 10;
const HOPS_WHEN_IDLE = 60;

export class Scheduler {
  /** Virtual milliseconds since the start. */
  now = 0;
  steps = 0;
  /** Gets a line for each step, when somebody wants to read them. */
  trace: ((line: string) => void) | undefined;
  readonly #points: Point[] = [];
  readonly #alarms: Alarm[] = [];
  #order = 0;
  #last: Owner | undefined;

  /** Who was served last. */
  get last(): Owner | undefined {
    return this.#last;
  }

  constructor(private readonly random: Random, private readonly pace: Pace) {}

  /** Runs `call` when its turn has come; never, when its owner is dead by then. */
  call<T>(owner: Owner, label: () => string, call: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!owner.alive) return;
      const run = () => {
        try {
          resolve(call());
        } catch (error) {
          reject(error);
        }
      };
      this.#points.push({ owner, label, run });
    });
  }

  /** Like `call`, for what nobody waits for. */
  post(owner: Owner, label: () => string, run: () => void): void {
    this.#points.push({ owner, label, run });
  }

  after(owner: Owner, milliseconds: number, run: () => void): Timer {
    const at = this.now + Math.max(0, milliseconds);
    const alarm: Alarm = {
      owner,
      at,
      order: this.#order++,
      run,
      label: () => "timer",
      cancelled: false,
    };
    let place = this.#alarms.length;
    while (place > 0 && (this.#alarms[place - 1] as Alarm).at > at) place--;
    this.#alarms.splice(place, 0, alarm);
    return {
      cancel: () => {
        alarm.cancelled = true;
      },
    };
  }

  /** Whether anything is left that could happen. */
  get idle(): boolean {
    return this.#points.length === 0 && this.#alarms.length === 0;
  }

  /**
   * Lets what was woken come to its next call. Promise jobs run in a fixed order, so how many of
   * them are let through changes which runs there are, never whether one can be replayed.
   */
  async settle(): Promise<void> {
    const before = this.#points.length;
    for (let hop = 0; hop < HOPS; hop++) {
      await undefined;
      if (this.#points.length > before) return;
    }
    if (before > 0) return;
    for (let hop = HOPS; hop < HOPS_WHEN_IDLE; hop++) {
      await undefined;
      if (this.#points.length > before) return;
    }
  }

  /** Lets one waiting thing happen; false when there is none. */
  step(): boolean {
    this.#dropDead();
    const due = this.#takeDue();
    const point = due ?? this.#takePoint();
    if (point === undefined) return false;
    this.steps++;
    this.now += this.random.real() * this.pace.call_ms;
    this.#last = point.owner;
    this.trace?.(`${this.#stamp()} ${point.owner.name}: ${point.label()}`);
    point.run();
    return true;
  }

  #stamp(): string {
    return `${String(this.steps).padStart(5)} ${this.now.toFixed(1).padStart(8)} ms`;
  }

  #dropDead(): void {
    const { length } = this.#points;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const point = this.#points[i] as Point;
      if (point.owner.alive) this.#points[kept++] = point;
    }
    this.#points.length = kept;
    while (this.#alarms[0] !== undefined) {
      const first = this.#alarms[0];
      if (!first.cancelled && first.owner.alive) break;
      this.#alarms.shift();
    }
  }

  // With calls waiting, an alarm that is due competes with them; with none, time jumps to it.
  #takeDue(): Alarm | undefined {
    const first = this.#alarms[0];
    if (first === undefined) return undefined;
    const waiting = this.#points.length;
    if (waiting > 0 && (first.at > this.now || this.random.int(waiting + 1) > 0)) return undefined;
    this.#alarms.shift();
    this.now = Math.max(this.now, first.at);
    return first;
  }

  #takePoint(): Point | undefined {
    const points = this.#points;
    if (points.length === 0) return undefined;
    let index = this.random.int(points.length);
    if (points.length > 1 && this.random.chance(this.pace.stickiness)) {
      const same = points.findIndex(({ owner }) => owner === this.#last);
      if (same >= 0) index = same;
    }
    return points.splice(index, 1)[0];
  }
}
