/** Files that are no valid task: they end in failed/, their bytes kept beside the record. */
import { getLogger } from "@logtape/logtape";
import { ID_EXPECTED, isId } from "../../task/id.ts";
import { type ParsedRecord, rejectionOf } from "../../task/parse_record.ts";
import { misnamed, type Problem } from "../misnamed.ts";
import type { Layout } from "../../disk/layout.ts";
import type { EngineContext } from "./context.ts";
import { type HeldFile, isSame } from "./held_file.ts";
import { replaceRecord } from "./record_file.ts";
import { settle } from "./settle.ts";

const log = getLogger(["bts", "queue"]);

/**
 * What is wrong with a file name in pending/; `undefined` when its stem is a legal id.
 *
 * @param content what the file holds: it may say whom to tell
 */
export function nameProblem(stem: string, content: ParsedRecord): Problem | undefined {
  if (isId(stem)) return undefined;
  const name = JSON.stringify(`${stem}.json`);
  return misnamed(
    `the file name ${name} is no task id: expected ${ID_EXPECTED}, then .json`,
    content,
  );
}

/**
 * Ends an invalid file, which is in running/ by now and which the caller holds. Every step may be
 * repeated after a crash.
 */
export async function rejectRunning(
  context: EngineContext,
  held: HeldFile,
  id: string,
  problem: Problem,
): Promise<void> {
  const { flusher, layout } = context;
  await keepOriginal(context, layout.task("running", id), id);
  await flusher.directory(layout.state("failed"));
  const record = {
    ...rejectionOf(id, problem, context.now()),
    staged: { to: "failed" as const, run: 1 },
  };
  await replaceRecord(context, held, "running", record);
  await settle(context, record);
  log.warning`task ${id} is not valid and went to failed/: ${problem.message}`;
}

/**
 * Gives an invalid file a second name in failed/, which keeps its bytes while the first name gets
 * the record. Where the file's own name is no id this comes before it is renamed: a crash in
 * between would else leave a file under a good name that nothing shows to be rejected.
 */
export async function keepOriginal(
  { disk, layout }: EngineContext,
  path: string,
  id: string,
): Promise<void> {
  const original = originalPath(layout, id);
  if (await disk.link(path, original)) return;
  const [info, kept] = [await disk.stat(path), await disk.stat(original)];
  if (info === undefined || isSame(info, kept)) return;
  // Left over from an older file of this id, whose record is gone.
  await disk.unlink(original);
  await disk.link(path, original);
}

/** Whether a file in running/ was on its way to be rejected for its name. */
export async function isRejected(
  { disk, layout }: EngineContext,
  held: HeldFile,
  id: string,
): Promise<boolean> {
  return isSame(held.info, await disk.stat(originalPath(layout, id)));
}

/** Removes the bytes that were kept, if there are any. */
export async function dropOriginal(
  { disk, flusher, layout }: EngineContext,
  id: string,
): Promise<void> {
  if (await disk.unlink(originalPath(layout, id))) await flusher.directory(layout.state("failed"));
}

/** Where the bytes of what was no valid task are kept. */
export function originalPath(layout: Layout, id: string): string {
  return `${layout.state("failed")}/${id}.original`;
}
