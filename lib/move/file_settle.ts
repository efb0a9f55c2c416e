/**
 * What a service would do first in a directory: finish what crashes have left half done, and judge
 * what is no valid task. No service does, for none is alive on a marked place.
 */
import { claimPending } from "../queue/file/claim.ts";
import { idsAmong } from "../queue/file/ids_in.ts";
import { finishPrunes } from "../queue/file/prune.ts";
import { takeOver } from "../queue/file/recover.ts";
import { originalPath } from "../queue/file/reject.ts";
import { stemOf } from "../queue/file/stem_of.ts";
import { isId } from "../task/id.ts";
import { TASK_STATES, type TaskState } from "../task/record.ts";
import { removeBelongings } from "./file_departure.ts";
import type { FilePlace } from "./file_place.ts";
import { settleTransit } from "./file_transit.ts";
import type { LeftTask } from "./task_store.ts";

/** @returns what lies in pending/ under a name that is no id, and is left */
export async function settleTree(place: FilePlace): Promise<LeftTask[]> {
  await settleTransit(place, removeBelongings);
  await finishPrunes(place);
  const left = await judgeNames(place);
  await finishRejections(place);
  await separateDoubles(place);
  return left;
}

/**
 * Lets the engine have a look at a task: it may reject it, or complete its ending.
 *
 * @returns why it does not touch it, in a clause
 */
export async function judge(
  place: FilePlace,
  state: TaskState,
  id: string,
): Promise<string | undefined> {
  if (state === "pending") {
    const claim = await claimPending(place, id, { early: true });
    if (claim.kind === "left") return claim.reason;
    if (claim.kind === "later") return "it is no valid task yet, and may still be being written";
    if (claim.kind !== "claimed") return undefined;
    // It was good after all.
    await place.disk.rename(place.layout.task("running", id), place.layout.task("pending", id));
    await place.flusher.directory(place.layout.state("pending"));
    claim.held.file.close();
  } else if (state === "running") {
    const result = await takeOver(place, id);
    if (result.kind === "orphan") result.orphan.held.file.close();
    if (result.kind === "left") return result.reason;
  }
  return undefined;
}

// A name that is no id: its task gets an id when it is rejected.
async function judgeNames(place: FilePlace): Promise<LeftTask[]> {
  const left: LeftTask[] = [];
  for (const name of await place.disk.names(place.layout.state("pending")) ?? []) {
    const stem = stemOf(name);
    if (stem === undefined || isId(stem)) continue;
    const reason = await judge(place, "pending", stem);
    if (reason !== undefined) left.push({ id: stem, reason });
  }
  return left;
}

// A rejection may have been cut short when the file's bytes had their second name already.
async function finishRejections(place: FilePlace): Promise<void> {
  const { disk, layout } = place;
  for (const id of idsAmong(await disk.names(layout.state("running")) ?? [])) {
    if (await disk.exists(originalPath(layout, id))) await judge(place, "running", id);
  }
}

// An id that is in two states: a producer's doing, or a power cut's.
async function separateDoubles(place: FilePlace): Promise<void> {
  const { disk, layout } = place;
  const seen = new Map<string, TaskState>();
  for (const state of TASK_STATES) {
    for (const id of idsAmong(await disk.names(layout.state(state)) ?? [])) {
      const first = seen.get(id);
      if (first === undefined) seen.set(id, state);
      else await judge(place, first, id);
    }
  }
}
