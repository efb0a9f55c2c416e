import { setImmediate } from "node:timers";

/**
 * Resolves after so many milliseconds, at once when the signal is aborted. Never rejects. Zero lets
 * the event loop turn once: that takes microseconds, where a timer of zero takes two milliseconds.
 */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    if (milliseconds <= 0) return void setImmediate(resolve);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
