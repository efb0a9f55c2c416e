import { setImmediate } from "node:timers";

/** Resolves when the event loop has done what was ready by now; takes some microseconds. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
