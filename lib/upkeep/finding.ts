/** One thing that `tasks doctor` has looked at. */

export type Check =
  | "services"
  | "tools"
  | "tasks"
  | "files"
  | "permissions"
  | "disk"
  | "file_system"
  | "server"
  | "memory"
  | "keys"
  | "clock"
  | "model";

export interface Finding {
  readonly check: Check;
  /** `look`: a person should look at it. `bad`: the guarantees or the work do not hold like this. */
  readonly level: "ok" | "look" | "bad";
  /** One sentence; where it is not ok, with the way out. */
  readonly message: string;
}

/** Makes findings of one check. */
export function findingsOf(check: Check) {
  const finding = (level: Finding["level"]) => (message: string): Finding => ({
    check,
    level,
    message,
  });
  return { ok: finding("ok"), look: finding("look"), bad: finding("bad") };
}

/** Several names in a sentence, not too many. */
export function named(names: readonly string[], most = 3): string {
  const rest = names.length - most;
  return names.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
