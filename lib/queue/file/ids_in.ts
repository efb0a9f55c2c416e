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
    for (const name of await disk.names(layout.state(state)) ?? []) {
      const id = stemOf(name);
      if (isId(id)) ids.add(id);
    }
  }
  return [...ids];
}
