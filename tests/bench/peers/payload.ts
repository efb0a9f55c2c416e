import { NOOP_REQUEST } from "../noop_task.ts";
import type { Payload } from "./commands.ts";

/** What every job of the bench carries: the same as a task of the project's own queue. */
export const PAYLOAD: Payload = NOOP_REQUEST;

/** What a job's handler appends to the list of its conversation: about 400 bytes. */
export function notificationOf(id: string, { conversation_id, prompt }: Payload): string {
  return JSON.stringify({
    id: `notification-${id}`,
    task_id: id,
    conversation_id,
    outcome: "completed",
    prompt,
    result: "done",
    created_at: new Date().toISOString(),
  });
}
