/**
 * What makes a write safe that comes late: who writes for a task shows the token under which it
 * holds the task's lock, and the server compares the two in the same step.
 */
import { LeaseLost } from "../queue/task_queue.ts";
import { jobIdsOf } from "./job_id.ts";
import type { RedisKeys } from "./keys.ts";

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

/** What a script answers whose caller does not hold the task. */
export const LOST = "LOST";

/**
 * The beginning of a script that writes for a run: its first two keys are `lockKeys`, its first
 * argument the token.
 */
export const FENCE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] and redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return '${LOST}'
end
`;

/** Where a task's lock can be: two keys, often the same. Tokens are used once, so either one will do. */
export function lockKeys(keys: RedisKeys, task_id: string): readonly [string, string] {
  const [own = task_id, foreign = own] = jobIdsOf(task_id);
  return [keys.lock(own), keys.lock(foreign)];
}

/** The token to show. @throws {LeaseLost} when this process does not hold the task */
export function tokenOf(leases: Leases, task_id: string): string {
  const token = leases.token(task_id);
  if (token === undefined) throw new LeaseLost(task_id);
  return token;
}

/**
 * What a fenced script has answered. After this, what was written is followed by nothing that another
 * owner could be doing too.
 *
 * @throws {LeaseLost} when it was refused, or the answer took so long that the lease may be over
 */
export function held(leases: Leases, task_id: string, answer: unknown): unknown {
  if (answer === LOST || !leases.isValid(task_id)) throw new LeaseLost(task_id);
  return answer;
}
