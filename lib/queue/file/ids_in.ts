import { isId } from "../../task/id.ts";
import type { TaskState } from "../../task/record.ts";
import type { EngineContext } from "./context.ts";
import { stemOf } from "./stem_of.ts";

/** The ids in some states, each once, in no order: names only, no record is read. */
export async function idsIn(
  { disk, layout }: Pick<EngineContext, "disk" | "layout">,
  states: readonly TaskState[],
): Promise<string[]> {
  const ids = new Set<string>();
  for (const state of states) {
    for (const id of idsAmong(await disk.names(layout.state(state)) ?? [])) ids.add(id);
  }
  return [...ids];
}

/** The ids that names in a directory of records stand for. */
export function idsAmong(names: readonly string[]): string[] {
  return names.map(stemOf).filter(isId);
}
