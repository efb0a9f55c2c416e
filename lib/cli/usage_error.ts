/** Wrong use of the command line: exit code 2. The message is one line with the way out. */
export class UsageError extends Error {
  override name = "UsageError";
}
