/** What happens in one run, as data: made from the seed, made smaller by shrinking. */
import type { Fault } from "./faults.ts";

/** One thing that a main process or an outside program does. */
export type Action =
  | { readonly do: "enqueue"; readonly id: string; readonly script: string; readonly wait: number }
  | { readonly do: "cancel"; readonly id: string; readonly wait: number }
  | { readonly do: "retry"; readonly id: string; readonly fresh: boolean; readonly wait: number }
  | {
    readonly do: "prune";
    readonly id: string;
    /** Only one that ended so long before, in milliseconds; however young when absent. */
    readonly age?: number;
    /** Also one that was never shown. */
    readonly unread: boolean;
    readonly wait: number;
  }
  | { readonly do: "await"; readonly id: string; readonly wait: number }
  /** Who is alive? */
  | { readonly do: "look"; readonly wait: number }
  | {
    readonly do: "mv" | "cp" | "overwrite" | "remove";
    readonly id: string;
    readonly script: string;
    readonly wait: number;
  };

export type ProcessPlan =
  | {
    readonly kind: "service";
    readonly concurrency: number;
    /** Starts so many milliseconds after the others. */
    readonly delay: number;
  }
  | {
    readonly kind: "client";
    /** Shows notifications. */
    readonly reads: boolean;
    /** Does everything at the same time. */
    readonly parallel: boolean;
    readonly actions: readonly Action[];
  };

/** When it goes wrong: at a scheduling point, after so many changes of names or flushes, at a time. */
export type Moment =
  | { readonly step: number }
  | { readonly ms: number }
  | { readonly change: number };

/** What goes wrong. `process` -1 is whoever was just served. */
export type Disruption =
  /** kill -9 of one process; it is started again after a while. */
  | { readonly kind: "kill"; readonly at: Moment; readonly process: number; readonly pause: number }
  | { readonly kind: "power_cut"; readonly at: Moment }
  /** SIGTERM to one service. */
  | { readonly kind: "stop"; readonly at: Moment; readonly process: number; readonly pause: number }
  /** The wall clock is set. */
  | { readonly kind: "clock"; readonly at: Moment; readonly by: number }
  | Fault;

export interface Plan {
  readonly seed: number;
  readonly durability: "full" | "relaxed";
  /** Services announce themselves. */
  readonly presence: boolean;
  /** The tree has to be made first. */
  readonly bare: boolean;
  readonly stickiness: number;
  readonly call_ms: number;
  readonly event_loss: number;
  /** Disruptions end at this step at the latest. */
  readonly chaos_steps: number;
  /** What precedes the last look: go on, or start everything again, or cut the power. */
  readonly ending: "go_on" | "restart" | "power_cut";
  readonly processes: readonly ProcessPlan[];
  readonly disruptions: readonly Disruption[];
}

/** What a run is mostly about. */
export type Theme =
  | "mixed"
  | "one_task"
  | "endings"
  | "cancelled"
  | "raced"
  | "pruned"
  | "failing";
