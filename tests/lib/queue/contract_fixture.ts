/** What the tests of the queue's contract have in common. */
import { assert, assertEquals } from "@std/assert";
import type { ClaimedTask, TaskQueue } from "../../../lib/queue/task_queue.ts";
import type { Notification } from "../../../lib/task/notification.ts";
import type { Ending } from "../../../lib/task/transitions.ts";
import { eventually } from "../../support/eventually.ts";

/** An engine under test: several queues that share their tasks, as several processes would. */
export interface QueueUnderTest {
  readonly queue: TaskQueue;
  /** Another process's view of the same tasks. */
  readonly other: TaskQueue;
  unread(conversation_id: string): Promise<Notification[]>;
  /** Marks a conversation's notifications as shown. */
  show(conversation_id: string): Promise<void>;
}

/** Opens a fresh one for one test, and closes it after. */
export type WithQueue = (test: (parts: QueueUnderTest) => Promise<void>) => Promise<void>;

/** Declares one test. */
export type DeclareTest = (
  name: string,
  body: (parts: QueueUnderTest) => Promise<void>,
) => void;

export const USAGE = {
  input_tokens: 3,
  output_tokens: 4,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
export const DONE: Ending = {
  kind: "completed",
  result: "391",
  artifacts: ["a.txt"],
  usage: USAGE,
};
export const ERROR = { code: "model_unavailable", message: "The server said 503." } as const;
export const FAILED: Ending = { kind: "failed", error: ERROR, usage: USAGE };

/** A request with the two fields that every task needs. */
export function request(fields: Record<string, unknown> = {}) {
  return { conversation_id: "c1", prompt: "What is 17*23?", ...fields };
}

export async function claimNext(queue: TaskQueue): Promise<ClaimedTask> {
  const task = await queue.claim(AbortSignal.timeout(20_000));
  assert(task !== undefined, "no task was claimed within 20 seconds");
  return task;
}

export async function runTo(queue: TaskQueue, ending: Ending): Promise<ClaimedTask> {
  const task = await claimNext(queue);
  await task.start();
  await task.finish(ending);
  return task;
}

/** The one orphan that there is to be. Where a server is between, letting go takes a moment to reach it. */
export async function orphanOf(queue: TaskQueue): Promise<ClaimedTask> {
  const orphans = await eventually("there is an orphan", async () => {
    const found = await queue.orphans();
    return found.length > 0 && found;
  });
  assertEquals(orphans.length, 1);
  return orphans[0] as ClaimedTask;
}
