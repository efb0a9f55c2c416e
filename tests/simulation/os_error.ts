/** Errors as Deno throws them: some codes have a class of their own, the others are plain. */
const WORDS = {
  ENOENT: ["No such file or directory", 2],
  EACCES: ["Permission denied", 13],
  EMFILE: ["Too many open files", 24],
  ENOSPC: ["No space left on device", 28],
  EIO: ["Input/output error", 5],
} as const;

export type ErrorCode = keyof typeof WORDS;

export function osError(code: ErrorCode, call: string, path: string): Error {
  const [words, number] = WORDS[code];
  const message = `${words} (os error ${number}): ${call} '${path}'`;
  const error = code === "ENOENT"
    ? new Deno.errors.NotFound(message)
    : code === "EACCES"
    ? new Deno.errors.PermissionDenied(message)
    : new Error(message);
  return Object.assign(error, { code });
}
