import type { Task } from "../task/record.ts";
import { EXIT } from "./exit_code.ts";

/** The exit code for tasks that were awaited: 4 if one failed, else 5 if one was cancelled. */
export function endedCode(tasks: readonly Task[]): number {
  const codes = tasks.filter(({ state }) => state === "failed").map((t) => t.record.error?.code);
  if (codes.some((code) => code !== "cancelled")) return EXIT.taskFailed;
  return codes.length > 0 ? EXIT.taskCancelled : EXIT.ok;
}
