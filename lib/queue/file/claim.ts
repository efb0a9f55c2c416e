/** From pending/ to running/: see ARCHITECTURE.md, "The life of a task", step 3. */
import { NotARegularFile } from "../../disk/disk.ts";
import type { TaskRecord } from "../../task/record.ts";
import { beginAttempt, type ClaimedRecord, dueAt } from "../../task/transitions.ts";
import type { EngineContext } from "./context.ts";
import { type HeldFile, hold, isAt, isSame } from "./held_file.ts";
import { finishIfMarked } from "./prune.ts";
import { readHeld } from "./record_file.ts";
import { keepOriginal, nameProblem, rejectRunning } from "./reject.ts";
import { rejectDuplicate } from "./settle.ts";

/** A file that does not parse is given so long after its last modification, in milliseconds. */
export const GRACE_MS = 10_000;

export type ClaimResult =
  | { readonly kind: "claimed"; readonly held: HeldFile; readonly record: ClaimedRecord }
  /** Not there any more, or dealt with on the way (invalid, a duplicate). */
  | { readonly kind: "gone" }
  /** Somebody else holds it just now. */
  | { readonly kind: "held" }
  /** Not due, although the index thought so. */
  | { readonly kind: "not_due" }
  /** May be looked at again at that time (milliseconds since the epoch). */
  | { readonly kind: "later"; readonly at: number }
  /** Not ours to touch: a newer version, or no regular file. */
  | { readonly kind: "left"; readonly reason: string };

/**
 * Claims one task by its file's name without `.json`.
 *
 * @param options.early claim it although it is not due (to cancel it)
 */
export async function claimPending(
  context: EngineContext,
  stem: string,
  options: { readonly early: boolean },
): Promise<ClaimResult> {
  const path = context.layout.task("pending", stem);
  let result;
  try {
    result = await hold(context.disk, path);
  } catch (error) {
    if (!(error instanceof NotARegularFile)) throw error;
    return { kind: "left", reason: "it is not a regular file" };
  }
  if (result.kind !== "ok") return result;
  let keep = false;
  try {
    const outcome = await claimHeld(context, stem, result.held, options.early);
    keep = outcome.kind === "claimed";
    return outcome;
  } finally {
    if (!keep) result.held.file.close();
  }
}

async function claimHeld(
  context: EngineContext,
  stem: string,
  held: HeldFile,
  early: boolean,
): Promise<ClaimResult> {
  const { disk, layout, newId, now } = context;
  const content = await readHeld(stem, "pending", held);
  const badName = nameProblem(stem, content);
  const parsed = badName ?? content;
  if (parsed.kind === "newer") {
    return { kind: "left", reason: `its version ${parsed.version} is newer than this program` };
  }
  if (parsed.kind === "invalid" && badName === undefined) {
    const judgedAt = Math.min(held.info.mtime, now()) + GRACE_MS;
    if (parsed.unfinished && judgedAt > now()) return { kind: "later", at: judgedAt };
  }
  if (parsed.kind === "task" && !early && dueAt(parsed.record) > now()) {
    return { kind: "not_due" };
  }
  const duplicate = badName === undefined ? await checkDuplicate(context, stem, held) : undefined;
  if (duplicate !== undefined) return duplicate;
  const id = badName === undefined ? stem : newId();
  const pending = layout.task("pending", stem);
  if (badName !== undefined) await keepOriginal(context, pending, id);
  // The checks took time: what is renamed must still be what is held.
  if (!await isAt(disk, held, pending)) return { kind: "held" };
  const running = layout.task("running", id);
  if (!await disk.rename(pending, running)) return { kind: "gone" };
  // An outside mv between the look and the rename: what is in running/ now is nobody's, and
  // recovery will find it.
  if (!await isAt(disk, held, running)) return { kind: "gone" };
  if (parsed.kind === "task") {
    return { kind: "claimed", held, record: begin(context, parsed.record) };
  }
  await rejectRunning(context, held, id, parsed);
  return { kind: "gone" };
}

function begin({ owner, newId, now }: EngineContext, record: TaskRecord): ClaimedRecord {
  return beginAttempt(record, owner, newId(), now());
}

/** Looks whether the id is in another state already; if so the held file is the duplicate. */
async function checkDuplicate(
  context: EngineContext,
  id: string,
  held: HeldFile,
): Promise<ClaimResult | undefined> {
  const { disk, layout, now } = context;
  for (const state of ["running", "completed", "failed"] as const) {
    const path = layout.task(state, id);
    const there = await disk.exists(path) ? await disk.stat(path) : undefined;
    if (there === undefined) continue;
    if (isSame(held.info, there)) {
      // One file under two names: a power cut in the middle of a rename, of which the disk kept
      // but one half. The other name means nothing.
      await disk.unlink(path);
      continue;
    }
    let other;
    try {
      other = await hold(disk, path);
    } catch (error) {
      if (!(error instanceof NotARegularFile)) throw error;
      return { kind: "left", reason: `${state}/ has something of its name that is no file` };
    }
    // Running: leave the duplicate for a later scan, when the first one has ended.
    if (other.kind === "held") return { kind: "later", at: now() + 1_000 };
    if (other.kind === "gone") return { kind: "held" };
    try {
      // An older task of this id, pruned but for its name: it does not count any more.
      if (
        state !== "running" &&
        await finishIfMarked(context, other.held, state, id) === "finished"
      ) continue;
      if (await isAt(disk, held, layout.task("pending", id))) await rejectDuplicate(context, id);
      return { kind: "gone" };
    } finally {
      other.held.file.close();
    }
  }
  return undefined;
}
