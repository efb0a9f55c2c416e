/**
 * What makes a write safe that comes late: who writes for a task shows the token under which it
 * holds the task's lock, and the server compares the two in the same step.
 */

/** The leases that this process holds, kept by the queue that renews them. */
export interface Leases {
  /** The token of the lock of a task that this process holds; `undefined` for any other task. */
  token(task_id: string): string | undefined;
  /**
   * Whether nobody else can hold the task yet: the last renewal that was confirmed was sent less
   * than the lock's time, minus a margin, ago. By a clock that is never set.
   */
  isValid(task_id: string): boolean;
}
