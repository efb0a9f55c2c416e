/** Looks whether every task was done, wherever the tasks are. */
import { TASK_STATES } from "../../lib/task/record.ts";
import { assertAccounted, assertAllAccounted, type Claims } from "./assert_all_accounted.ts";
import { NOOP_OUTCOME, NOOP_REQUEST } from "./noop_task.ts";
import { openTree } from "./open_tree.ts";

/**
 * @param place where nothing is at work any more
 * @throws {Error} that says what is lost, doubled or left over
 */
export async function assertDone(
  { directory, queue_url }: { readonly directory: string; readonly queue_url?: string },
  claims: Claims,
): Promise<void> {
  if (queue_url === undefined) return assertAllAccounted(directory, claims);
  const { queue, notifications, close } = await openTree(directory, { queue_url });
  try {
    const completed = [];
    for await (const { record } of queue.each({ states: ["completed"] })) {
      if (record.result === NOOP_OUTCOME.result) completed.push(record.id);
    }
    const unread = await notifications.unread(NOOP_REQUEST.conversation_id);
    const others = TASK_STATES.filter((state) => state !== "completed");
    const left = others.map(async (state) => [state, await queue.ids([state])] as const);
    assertAccounted(claims, {
      completed,
      notifications: unread.map(({ id }) => id),
      left: await Promise.all(left),
    });
  } finally {
    await close();
  }
}
