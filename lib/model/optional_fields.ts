/** What servers differ on: fields that a request can do without. */
import { APIError } from "openai";

/** Remembers for each model which optional fields its server refuses. */
export class OptionalFields {
  readonly #refused = new Map<string, Set<string>>();

  /** The fields that the model's server has not refused so far. */
  allowed(model: string, fields: Record<string, unknown>): Record<string, unknown> {
    const refused = this.#refused.get(model);
    return Object.fromEntries(Object.entries(fields).filter(([name]) => !refused?.has(name)));
  }

  /**
   * Looks whether an error refuses fields that were sent, and remembers them.
   *
   * @returns true when the same request without them is worth a try
   */
  learn(model: string, sent: Record<string, unknown>, error: unknown): boolean {
    const named = Object.keys(sent).filter((name) => refuses(error, name));
    if (named.length === 0) return false;
    const refused = this.#refused.get(model) ?? new Set();
    for (const name of named) refused.add(name);
    this.#refused.set(model, refused);
    return true;
  }
}

/** 422 is what servers built on FastAPI say where others say 400. */
function refuses(error: unknown, field: string): boolean {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return false;
  if (typeof error.param === "string" && error.param.split(".")[0] === field) return true;
  // A field's name that is an everyday word ("stop") must stand in quotes to be meant.
  const name = field.includes("_") ? `\\b${field}\\b` : `["'\`]${field}["'\`]`;
  return new RegExp(name).test(`${error.message} ${JSON.stringify(error.error ?? null)}`);
}
