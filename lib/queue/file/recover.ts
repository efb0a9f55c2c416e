/** Tasks whose owner is gone: see ARCHITECTURE.md, "The life of a task", step 7. */
import { ID_EXPECTED, isId } from "../../task/id.ts";
import type { TaskRecord } from "../../task/record.ts";
import type { ClaimedRecord } from "../../task/transitions.ts";
import { misnamed } from "../misnamed.ts";
import { orphanRecord } from "../orphan_record.ts";
import { isHonoured } from "../staged_ending.ts";
import type { EngineContext } from "./context.ts";
import { type HeldFile, hold, isSame } from "./held_file.ts";
import { readHeld } from "./record_file.ts";
import { isRejected, rejectRunning } from "./reject.ts";
import { settle } from "./settle.ts";
import { stemOf } from "./stem_of.ts";

/** What a rejection says whose own words went down with the process that wrote it. */
const BAD_NAME = `the file's name was no task id: expected ${ID_EXPECTED}, then .json`;

/** A task that this process holds now. */
export interface Orphan {
  readonly held: HeldFile;
  readonly record: ClaimedRecord;
}

/**
 * Looks at every file in running/. Endings that were staged are completed.
 *
 * @param isOwn whether this process holds the task itself
 * @returns the tasks to decide about
 */
export async function findOrphans(
  context: EngineContext,
  isOwn: (id: string) => boolean,
): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for (const { name } of await context.disk.list(context.layout.state("running")) ?? []) {
    const id = stemOf(name);
    if (id === undefined || !isId(id) || isOwn(id)) continue;
    try {
      const result = await takeOver(context, id);
      if (result.kind === "orphan") orphans.push(result.orphan);
      if (result.kind === "left") context.complaints.leave(`running/${name}`, result.reason);
    } catch (error) {
      if (context.flusher.failure !== undefined) throw error;
      // One task must not stand in the way of the others, nor keep those that are held already.
      context.complaints.leave(`running/${name}`, messageOf(error));
    }
  }
  return orphans;
}

/** What became of one file in running/. */
export type TakeOver =
  | { readonly kind: "orphan"; readonly orphan: Orphan }
  /** Its owner lives. */
  | { readonly kind: "held" }
  /** Not there any more, or its ending was completed. */
  | { readonly kind: "gone" }
  /** Not ours to touch. */
  | { readonly kind: "left"; readonly reason: string };

/** Takes the lock of one task in running/; completes its ending if that was staged. */
export async function takeOver(
  context: EngineContext,
  id: string,
): Promise<TakeOver> {
  const result = await hold(context.disk, context.layout.task("running", id));
  if (result.kind !== "ok") return result;
  const { held } = result;
  let keep = false;
  try {
    const parsed = await readHeld(id, "running", held);
    if (parsed.kind === "newer") {
      const reason = `its version ${parsed.version} is newer than this program`;
      return { kind: "left", reason };
    } else if (parsed.kind === "invalid") {
      await rejectRunning(context, held, id, parsed);
    } else if (isHonoured(parsed.record)) {
      await completeEnding(context, held, parsed.record);
    } else if (await isRejected(context, held, id)) {
      await rejectRunning(context, held, id, misnamed(BAD_NAME, parsed));
    } else {
      keep = true;
      return { kind: "orphan", orphan: { held, record: orphanRecord(parsed.record, context) } };
    }
    return { kind: "gone" };
  } finally {
    if (!keep) held.file.close();
  }
}

async function completeEnding(
  context: EngineContext,
  held: HeldFile,
  record: TaskRecord,
): Promise<void> {
  const { disk, flusher, layout } = context;
  // It counts only once it is certain to survive, which its writer may not have got to.
  await flusher.directory(layout.state("running"));
  const to = record.staged?.to;
  if (to !== undefined && isSame(held.info, await disk.stat(layout.task(to, record.id)))) {
    // One file under two names, of a rename of which a power cut left one half: renaming it again
    // would do nothing.
    await disk.unlink(layout.task(to, record.id));
  }
  await settle(context, record);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
