/** Plans that broke an invariant once, and what was wrong. New ones are printed by `--seed`. */
import type { Plan } from "./plan.ts";

const CALM = {
  durability: "full",
  bare: false,
  stickiness: 0.9,
  call_ms: 0.2,
  event_loss: 0,
  chaos_steps: 420,
  ending: "go_on",
} as const;

export const REGRESSIONS: readonly { readonly name: string; readonly plan: Plan }[] = [];
