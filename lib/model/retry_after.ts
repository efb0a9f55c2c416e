/**
 * Reads how long a server asks us to stay away: `retry-after-ms`, or `Retry-After` in seconds or
 * as an HTTP date (RFC 9110, section 10.2.3). Never cut short, however long.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds from now, at least 0; `undefined` where the server says nothing readable
 */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const exact = decimal(headers.get("retry-after-ms"));
  if (exact !== undefined) return Math.ceil(exact);
  const text = headers.get("retry-after");
  const seconds = decimal(text);
  if (seconds !== undefined) return Math.ceil(seconds * 1000);
  const at = text === null || !/[a-z]{3}/i.test(text) ? NaN : Date.parse(text);
  return Number.isFinite(at) ? Math.max(0, at - now) : undefined;
}

function decimal(text: string | null): number | undefined {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(Math.ceil(value * 1000)) ? value : undefined;
}
