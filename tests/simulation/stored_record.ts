/** Records as they lie on the simulated disk, read without the engine. */
import type { TaskState } from "../../lib/task/record.ts";
import { ROOT } from "./simulated_process.ts";
import type { SimulatedFs } from "./simulated_fs.ts";

export interface StoredRecord {
  readonly run?: number;
  readonly incarnation?: string;
  readonly finished_at?: string;
  readonly conversation_id?: string;
  readonly error?: { readonly code: string };
  readonly result?: string;
}

const decoder = new TextDecoder();

/** `undefined` for half a record. */
export function parseStored(bytes: Uint8Array): StoredRecord | undefined {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

/** The record of an id in a state. */
export function recordIn(fs: SimulatedFs, state: TaskState, id: string): StoredRecord | undefined {
  const inode = fs.inode(`${ROOT}/tasks/${state}/${id}.json`);
  return inode === undefined ? undefined : parseStored(inode.bytes);
}
