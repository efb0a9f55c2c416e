import type { Storage } from "../../../lib/open_storage.ts";
import { NO_USAGE } from "../../../lib/task/record.ts";
import type { ClaimedTask } from "../../../lib/queue/task_queue.ts";
import type { Ending } from "../../../lib/task/transitions.ts";

/** A task of a conversation that has been claimed, and the id it got. */
export async function claimedTask(
  { queue }: Storage,
  conversation_id: string,
  title: string,
): Promise<ClaimedTask> {
  await queue.enqueue({ conversation_id, prompt: `Do ${title}.`, title });
  const claimed = await queue.claim(new AbortController().signal);
  if (claimed === undefined) throw new Error("nothing to claim");
  await claimed.start();
  return claimed;
}

/** Takes a task of a conversation through its life, and gives its id. */
export async function endedTask(
  storage: Storage,
  conversation_id: string,
  title: string,
  ending: Ending,
): Promise<string> {
  const claimed = await claimedTask(storage, conversation_id, title);
  await claimed.finish(ending);
  return claimed.record.id;
}

/** The ending of a task that brought a result. */
export function completed(
  result: string,
  fields: { readonly result_artifact?: string; readonly artifacts?: readonly string[] } = {},
): Ending {
  return { kind: "completed", result, artifacts: [], usage: NO_USAGE, ...fields };
}
