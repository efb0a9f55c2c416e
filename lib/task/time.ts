/** An instant as records hold it: RFC 3339, UTC, with milliseconds. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Milliseconds since the epoch of a record's time. */
export function parseTime(text: string): number {
  return Date.parse(text);
}
