/** How much a tool may use of what all share. Every number can be lowered for a test. */
export interface SandboxLimits {
  /** Processes of one tool at a time; further calls wait. Default 4. */
  readonly processes_per_tool: number;
  /** A process without work for so long is ended. Default 60. */
  readonly idle_seconds: number;
  /** One answer. Default 1 MiB. */
  readonly answer_bytes: number;
  /** One artifact. Default 16 MiB. */
  readonly artifact_bytes: number;
  /** All artifacts of one call together. Default 64 MiB. */
  readonly call_artifact_bytes: number;
  /** Artifacts of one call. Default 100. */
  readonly call_artifacts: number;
  /** What a tool prints during one call, by all ways together; messages that mean nothing count. Default 1 MiB. */
  readonly printed_bytes: number;
  /** From the start of a process until it can take a call. Default 10. */
  readonly start_seconds: number;
  /** Fetching the packages of one tool. Default 60. */
  readonly fetch_seconds: number;
  /** From the abort of a call's signal until its process is killed. Default 500. */
  readonly cancel_grace_ms: number;
  /** Declarations read at a time. Default 4. */
  readonly parallel_declarations: number;
}

/** Each takes some 20 MB of its own. */
const MOST_PROCESSES = 8;

/**
 * How many processes of one tool a service has that runs so many tasks at once. A process is taken
 * from the flush of its call's start to the call's end: with too few of them calls wait although no
 * processor is busy.
 */
export function processesFor(concurrency: number): number {
  return Math.min(MOST_PROCESSES, Math.max(DEFAULT_LIMITS.processes_per_tool, concurrency));
}

export const DEFAULT_LIMITS: SandboxLimits = {
  processes_per_tool: 4,
  idle_seconds: 60,
  answer_bytes: 1024 * 1024,
  artifact_bytes: 16 * 1024 * 1024,
  call_artifact_bytes: 64 * 1024 * 1024,
  call_artifacts: 100,
  printed_bytes: 1024 * 1024,
  start_seconds: 10,
  fetch_seconds: 60,
  cancel_grace_ms: 500,
  parallel_declarations: 4,
};
