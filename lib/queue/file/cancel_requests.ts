/** `control/cancel/{id}`: requests to stop one run of a task. */
import { getLogger } from "@logtape/logtape";
import { publish } from "../../disk/publish.ts";
import { NotARegularFile } from "../../disk/disk.ts";
import { encodeObject, parseObject } from "../../task/json.ts";
import type { EngineContext } from "./context.ts";

const log = getLogger(["bts", "queue"]);

/** Which run is meant: a request never outlives the run that it was made for. */
export interface CancelRequest {
  readonly incarnation: string;
  readonly run: number;
}

const MAX_BYTES = 4096;

/** Writes a request unless it is there, durable when it resolves. */
export async function requestCancel(
  context: EngineContext,
  id: string,
  request: CancelRequest,
): Promise<void> {
  const { flusher, layout } = context;
  if (await isCancelRequested(context, id, request)) return await flusher.directory(layout.cancel);
  const bytes = encodeObject(request);
  await publish(context, layout.temporary(id), `${layout.cancel}/${id}`, layout.cancel, bytes);
}

/** Whether this run is to be cancelled. A request for another run is dropped on the way. */
export async function isCancelRequested(
  context: EngineContext,
  id: string,
  run: CancelRequest,
): Promise<boolean> {
  const request = await readRequest(context, id);
  if (request === undefined) return false;
  if (request.incarnation === run.incarnation && request.run === run.run) return true;
  await dropCancelRequest(context, id);
  return false;
}

/** Removes the request, if there is one. */
export async function dropCancelRequest({ disk, layout }: EngineContext, id: string) {
  const path = `${layout.cancel}/${id}`;
  if (await disk.exists(path)) await disk.unlink(path);
}

// Garbage reads as a request for no run, so that it is dropped like any other stale one.
async function readRequest(
  { disk, layout }: EngineContext,
  id: string,
): Promise<Partial<CancelRequest> | undefined> {
  const path = `${layout.cancel}/${id}`;
  if (!await disk.exists(path)) return undefined;
  let file;
  try {
    file = await disk.open(path, "read");
    if (file === undefined) return undefined;
    return parseObject(await file.read(MAX_BYTES));
  } catch (error) {
    if (error instanceof NotARegularFile) return undefined;
    const reason = error instanceof Error ? error.message : error;
    log.warning`control/cancel/${id} is no request and is removed: ${reason}`;
    return {};
  } finally {
    file?.close();
  }
}
