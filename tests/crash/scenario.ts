/** What a scenario of the matrix is. */
import type { Storage } from "../../lib/open_storage.ts";
import type { RecordedRequest, Reply } from "../support/model_server.ts";
import type { CrashPlan } from "./crash_plan.ts";
import type { TaskSeen } from "./look.ts";

/** What a task must have come to in the end. */
export interface Expected {
  readonly state: "completed" | "failed" | "none";
  /** `error.code` where it failed. */
  readonly code?: string;
  /** Names of its notifications without the task's id: "completed", "failed", "completed-2". */
  readonly told: readonly string[];
  readonly rejected?: number;
}

/** What the world does while the doomed process runs. */
export interface World {
  readonly storage: Storage;
  readonly ids: readonly string[];
  /** The process's first line on standard output has come, or it has ended. */
  readonly armed: Promise<void>;
  /** Resolves when the model was asked about all tasks, or the process has ended. */
  readonly asked: Promise<void>;
  signal(signal: Deno.Signal): void;
}

export interface Scenario {
  readonly name: string;
  readonly act: Exclude<CrashPlan["act"], "start">;
  readonly tools?: boolean;
  /** Brings the tasks to where the process takes over. */
  readonly before?: (storage: Storage, ids: readonly string[]) => Promise<void>;
  /** The model's part. Default: a text at once. */
  readonly model?: (request: RecordedRequest, first: boolean) => Reply;
  /** Goes on while the process runs; then calls count only from SIGUSR2 on. */
  readonly meanwhile?: (world: World) => Promise<void>;
  /** A service has come to the scenario's end once this is so. */
  readonly until?: (seen: TaskSeen) => boolean;
  /** It asks again and again: its points are those of the first round. */
  readonly polls?: boolean;
  readonly expected: (killed: TaskSeen) => Expected;
  /** The id may lie in a second state: a duplicate. */
  readonly duplicates?: boolean;
}
