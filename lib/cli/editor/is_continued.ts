/** A backslash at the very end goes on in the next line; two of them are one that was meant. */
export function isContinued(text: string): boolean {
  const backslashes = /\\*$/.exec(text)?.[0].length ?? 0;
  return backslashes % 2 === 1;
}
