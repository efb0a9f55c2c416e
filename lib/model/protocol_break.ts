/**
 * A server answered, but not with a chat completion. The message is a clause that goes on after
 * "failed: ", for people.
 */
export class ProtocolBreak extends Error {
  override name = "ProtocolBreak";
}

/** A parsed JSON value as an object to look into; `undefined` for anything else. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}
