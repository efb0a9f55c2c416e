/** Files that are no valid task: they end in failed/, their bytes kept beside the record. */
import { getLogger } from "@logtape/logtape";
import { ID_EXPECTED, isId, newId } from "../../task/id.ts";
import { type ParsedRecord, rejectionOf } from "../../task/record.ts";
import type { EngineContext } from "./context.ts";
import type { HeldFile } from "./held_file.ts";
import { replaceRecord } from "./record_file.ts";
import { settle } from "./settle.ts";

const log = getLogger(["bts", "queue"]);

type Problem = Extract<ParsedRecord, { kind: "invalid" }>;

/** What is wrong with a file name in pending/; `undefined` when its stem is a legal id. */
export function nameProblem(stem: string): Problem | undefined {
  if (isId(stem)) return undefined;
  return {
    kind: "invalid",
    message: `the file name ${JSON.stringify(`${stem}.json`)} is no task id: ` +
      `expected ${ID_EXPECTED}, then .json`,
  };
}

/**
 * Moves an invalid file, which the caller holds, from pending/ by way of running/ to failed/.
 *
 * @param stem the file's name without .json; a fresh id stands in for one that is not legal
 */
export async function rejectPending(
  context: EngineContext,
  held: HeldFile,
  stem: string,
  problem: Problem,
): Promise<void> {
  const { disk, layout } = context;
  const id = isId(stem) ? stem : newId(context.now());
  if (!await disk.rename(layout.task("pending", stem), layout.task("running", id))) return;
  await rejectRunning(context, held, id, problem);
}

/** The same for a file that is in running/ already. Every step may be repeated after a crash. */
export async function rejectRunning(
  context: EngineContext,
  held: HeldFile,
  id: string,
  problem: Problem,
): Promise<void> {
  const { disk, flusher, layout } = context;
  // A second name keeps the bytes while the first one gets the record.
  await disk.link(layout.task("running", id), `${layout.state("failed")}/${id}.original`);
  await flusher.directory(layout.state("failed"));
  const record = {
    ...rejectionOf(id, problem, context.now()),
    staged: { to: "failed" as const, run: 1 },
  };
  const replaced = await replaceRecord(context, held, "running", record);
  try {
    await settle(context, record);
  } finally {
    replaced.file.close();
  }
  log.warning`task ${id} is not valid and went to failed/: ${problem.message}`;
}
