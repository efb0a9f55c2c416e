import type { CallTimeouts, EndedBy } from "./call_clock.ts";

/** What is known of a call when it fails: all that an error message may need. */
export interface CallContext {
  /** The name that was asked for. */
  readonly model: string;
  /** Where that name is configured: "MAIN_MODEL", or a clause such as "the task's model". */
  readonly configured_by: string;
  readonly base_url: string;
  /** Secret: cut out of everything that is said. */
  readonly api_key: string | undefined;
  readonly timeouts: CallTimeouts;
  readonly ended_by: EndedBy | undefined;
  /** The beginning of a body that was no completion. */
  readonly preview: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
