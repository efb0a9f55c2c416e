/** Runs plans one after the other, and catches what nobody else does. */
import { setImmediate } from "node:timers";
import type { Engine } from "./engine.ts";
import { Life, type Outcome } from "./life.ts";
import type { Plan } from "./plan.ts";

let current: Life | undefined;
let listening = false;

/** Runs one plan to its end. */
export async function runPlan(
  plan: Plan,
  engine: Engine,
  trace?: (line: string) => void,
): Promise<Outcome> {
  listen();
  const life = new Life(plan, engine, trace);
  current = life;
  const outcome = await life.run();
  // Rejections that nobody handles are reported once the promise jobs are done.
  await new Promise((resolve) => setImmediate(resolve));
  current = undefined;
  return { ...outcome, violation: life.violation };
}

function listen(): void {
  if (listening) return;
  listening = true;
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (current === undefined) return;
    event.preventDefault();
    current.unhandled(event.reason);
  });
}
