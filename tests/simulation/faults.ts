/** Disk calls that fail: the n-th one, or all of a kind while the disk is full. */
import { type ErrorCode, osError } from "./os_error.ts";

export type Fault =
  | {
    readonly kind: "fault";
    /** The how-manieth call. */
    readonly call: number;
    /** Only calls of this name are counted; all calls when absent. */
    readonly name?: string;
    readonly code: ErrorCode;
  }
  /** From one call to another, nothing can be written or made. */
  | { readonly kind: "full"; readonly call: number; readonly until: number };

/** Which calls may fail how. */
const POSSIBLE: Record<string, readonly ErrorCode[]> = {
  create: ["ENOSPC", "EIO", "EACCES", "EMFILE"],
  open: ["EIO", "EACCES", "EMFILE"],
  stat: ["EIO", "EACCES"],
  fstat: ["EIO"],
  read: ["EIO"],
  write: ["ENOSPC", "EIO"],
  truncate: ["EIO"],
  flush: ["EIO", "ENOSPC"],
  lock: ["EIO"],
  link: ["ENOSPC", "EIO", "EACCES"],
  rename: ["ENOSPC", "EIO", "EACCES"],
  unlink: ["EIO", "EACCES"],
  list: ["EIO", "EACCES", "EMFILE"],
  mkdir: ["ENOSPC", "EIO", "EACCES"],
  flushdir: ["EIO", "EMFILE"],
};

export class Faults {
  #calls = 0;
  #off = false;
  readonly #ofName = new Map<string, number>();
  readonly #single: Extract<Fault, { kind: "fault" }>[] = [];
  readonly #full: Extract<Fault, { kind: "full" }>[] = [];
  /** How many calls have failed. */
  count = 0;

  constructor(faults: readonly Fault[]) {
    for (const fault of faults) {
      if (fault.kind === "fault") this.#single.push(fault);
      else this.#full.push(fault);
    }
  }

  /** Nothing fails any more. */
  stop(): void {
    this.#off = true;
  }

  /** Whether this call fails, and how much of a write gets through. */
  next(name: string, path: string): { error: Error; part: number } | undefined {
    if (this.#off || (this.#single.length === 0 && this.#full.length === 0)) return undefined;
    const number = this.#calls++;
    const code = this.#codeFor(number, name);
    if (code === undefined) return undefined;
    this.count++;
    return { error: osError(code, name, path), part: (number % 3) / 2.5 };
  }

  #codeFor(number: number, name: string): ErrorCode | undefined {
    const possible = POSSIBLE[name] ?? [];
    const ofName = this.#ofName.get(name) ?? 0;
    this.#ofName.set(name, ofName + 1);
    const isFull = this.#full.some(({ call, until }) => call <= number && number < until);
    if (isFull && possible.includes("ENOSPC")) return "ENOSPC";
    const fault = this.#single.find((fault) =>
      fault.name === undefined
        ? fault.call === number
        : fault.name === name && fault.call === ofName
    );
    if (fault === undefined || possible.length === 0) return undefined;
    return possible.includes(fault.code) ? fault.code : possible[number % possible.length];
  }
}
