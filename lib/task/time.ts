/** An instant as records hold it: RFC 3339, UTC, with milliseconds. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Milliseconds since the epoch of a record's time. */
export function parseTime(text: string): number {
  return Date.parse(text);
}

/** Of later years the texts have six digits and a sign, which RFC 3339 does not know. */
const LAST = Date.parse("9999-12-31T23:59:59.999Z");
const FIRST = Date.parse("0000-01-01T00:00:00.000Z");

/** Whether an instant, in milliseconds since the epoch, can be written into a record. */
export function isRecordTime(milliseconds: number): boolean {
  return milliseconds >= FIRST && milliseconds <= LAST;
}
