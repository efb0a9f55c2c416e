/** How errors end a program: one line on standard error and an exit code (contract.md §3). */
import { ConfigError, FlagError } from "../config.ts";
import { isDiskFull } from "../disk/disk_problem.ts";
import { StorageError } from "../disk/prepare_tree.ts";
import { ToolsFileError } from "../sandbox/tools_file.ts";
import { InvalidTask } from "../queue/task_queue.ts";
import { StorageProblem } from "../storage_problem.ts";
import { MoveProblem } from "../task/move_mark.ts";
import { sanitizeLine } from "./sanitize.ts";
import { UsageError } from "./usage_error.ts";

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  config: 3,
  taskFailed: 4,
  taskCancelled: 5,
  timedOut: 124,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): number {
  if (
    error instanceof UsageError || error instanceof FlagError || error instanceof InvalidTask
  ) return EXIT.usage;
  if (
    error instanceof ConfigError || error instanceof StorageError || error instanceof ToolsFileError
  ) return EXIT.config;
  return EXIT.failed;
}

const FULL = "Nothing can be written any more: the disk that holds the tasks is full; make room " +
  "there and try again";

/** An error in one line. Unexpected ones name their class and what caused them. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return `error: ${sanitizeLine(String(error))}`;
  // What was expected says everything in its own words; its cause is for programmers.
  const isExpected = exitCodeOf(error) !== EXIT.failed || error instanceof StorageProblem ||
    error instanceof MoveProblem;
  if (isExpected) return `error: ${sanitizeLine(error.message)}`;
  if (isDiskFull(error)) return `error: ${FULL}`;
  const kind = /^Error$|(Busy|Lost)$/.test(error.name) ? "" : `${error.name}: `;
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message)
    ? ` (${error.cause.message})`
    : "";
  return `error: ${sanitizeLine(kind + error.message + cause)}`;
}
