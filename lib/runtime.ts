/**
 * Time and chance as the file engine meets them: passed in, so that a simulation can replay every
 * wait and every random name of a run from one number.
 */
import { sleep } from "./sleep.ts";
import { newId } from "./task/id.ts";

/** Something that happens later, until it is cancelled. */
export interface Timer {
  cancel(): void;
}

export interface Runtime {
  /** The wall clock, milliseconds since the epoch; it may be set back or forward. */
  readonly now: () => number;
  /** Milliseconds since some fixed instant; never set. */
  readonly elapsed: () => number;
  /** Resolves after so many milliseconds, earlier when the signal is aborted. Never rejects. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Calls back once, after so many milliseconds. */
  readonly after: (milliseconds: number, callback: () => void) => Timer;
  /** Calls back again and again, so many milliseconds apart. */
  readonly every: (milliseconds: number, callback: () => void) => Timer;
  /** A new id that sorts by time. */
  readonly newId: () => string;
  /** A short random text for names that nobody else may choose. */
  readonly token: () => string;
}

/** The real time and chance of this process. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep,
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
  every: (milliseconds, callback) => {
    const timer = setInterval(callback, milliseconds);
    return { cancel: () => clearInterval(timer) };
  },
  newId: () => newId(),
  token: () => crypto.randomUUID().slice(0, 13),
};
