/** What a promise gives; `undefined` where it rejects once the signal is aborted. */
export async function unless<T>(
  signal: AbortSignal,
  promise: Promise<T>,
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
