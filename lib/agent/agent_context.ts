import type { AgentRun } from "./agent_run.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import type { FirstSignal } from "./first_signal.ts";
import type { RunJournal } from "./run_journal.ts";

/** Why a run has to drop what it is doing. */
export type HaltCause = "cancelled" | "abandoned" | "timeout";

/** What the parts of one run share. */
export interface AgentContext {
  readonly run: AgentRun;
  readonly journal: RunJournal;
  readonly artifacts: ArtifactStore;
  readonly halt: FirstSignal<HaltCause>;
  readonly now: () => number;
  readonly random: () => number;
}

/** Whether no new step may begin: the run is halted, or the service stops. */
export function mustStop({ run, halt }: AgentContext): boolean {
  return halt.cause !== undefined || run.signals.stopping.aborted;
}
