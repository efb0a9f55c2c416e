// Controls and bidi controls that JSON leaves as they are: escaped they say the same to a program
// and nothing to a terminal.
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A value as JSON for standard output: nothing in it can act on a terminal. */
export function jsonText(value: unknown): string {
  return harmlessJson(JSON.stringify(value, null, 2)) + "\n";
}

/** JSON text that says the same and in which nothing can act on a terminal. */
export function harmlessJson(json: string): string {
  return json.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
