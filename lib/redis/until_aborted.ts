/**
 * What a promise gives; `undefined` once the signal is aborted. A client of ioredis that is closed
 * while it looks for its server leaves its commands without an answer for ever.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** What a promise gives. @throws the signal's reason once that is aborted */
export async function orAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await promise;
  const given = untilAborted(promise.then((value) => ({ value })), signal);
  const { value } = await given ?? {};
  signal.throwIfAborted();
  return value as T;
}
