/** Faults of the disk that have nothing to do with the task or the command that met them. */

/** The system's codes for them: no room, no right to write, broken, out of file descriptors. */
const FAULTS = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "EMFILE", "ENFILE"]);
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** Whether an error, or one that caused it, is a fault of the disk's. */
export function isDiskFault(error: unknown): boolean {
  return codeOf(error, FAULTS) !== undefined;
}

/** Whether an error, or one that caused it, says that there is no room left. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error, FULL) !== undefined;
}

function codeOf(error: unknown, codes: ReadonlySet<string>): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "string" && codes.has(code)) return code;
  }
  return undefined;
}
