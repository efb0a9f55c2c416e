/** What a tool says, made fit for an error text, a log and a terminal. */

/** Without escape sequences and control characters, at most `length` units from its start. */
export function plainText(text: string, length: number): string {
  // A bound first: what follows is done to texts of any size.
  return text.slice(0, 10 * length)
    // deno-lint-ignore no-control-regex
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "")
    .trim().slice(0, length);
}
