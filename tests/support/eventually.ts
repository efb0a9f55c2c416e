/** How often the condition is looked at, in milliseconds. */
const LOOK_MS = 10;

/**
 * Waits for a condition, and fails with what was waited for.
 *
 * @param look what is waited for; anything but `undefined`, `null` and `false` is it
 * @param seconds how long; generous, since it only matters where the test fails
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  seconds = 30,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (performance.now() > deadline) {
      throw new Error(`${what}: not seen within ${seconds} seconds`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Waits for a promise, and fails with what was waited for. */
export async function soon<T>(what: string, promise: Promise<T>, seconds = 30): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`${what}: not seen within ${seconds} seconds`);
    timer = setTimeout(() => reject(error), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
