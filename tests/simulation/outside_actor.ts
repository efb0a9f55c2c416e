/** Programs that do not know our rules: `mv`, `cp`, `rm`, an editor. They flush and lock nothing. */
import type { Ledger } from "./ledger.ts";
import { CONVERSATION } from "./client_actor.ts";
import type { Action } from "./plan.ts";
import type { SimulatedProcess } from "./simulated_process.ts";

type OutsideAction = Extract<Action, { do: "mv" | "cp" | "overwrite" | "remove" }>;

export async function actOutside(
  process: SimulatedProcess,
  ledger: Ledger,
  action: OutsideAction,
): Promise<void> {
  process.keepsRules = false;
  try {
    await act(process, ledger, action);
  } finally {
    process.keepsRules = true;
  }
}

async function act(
  process: SimulatedProcess,
  ledger: Ledger,
  { do: kind, id, script }: OutsideAction,
): Promise<void> {
  const { disk, layout } = process;
  const facts = ledger.task(id);
  const path = layout.task("pending", id);
  const bytes = new TextEncoder().encode(
    JSON.stringify({ conversation_id: CONVERSATION, prompt: script }),
  );
  if (kind === "remove") {
    facts.wild = true;
    return void await disk.unlink(path);
  }
  // A second file of the same name is outside the guarantees.
  if (facts.producers > 0 || kind === "overwrite") facts.wild = true;
  facts.producers++;
  facts.fragile = !facts.accepted;
  const target = kind === "cp" ? path : `${layout.tmp}/${process.runtime.token()}`;
  const file = await disk.create(target);
  if (file === undefined) return;
  // Slowly: a reader in between sees half of it.
  await file.write(bytes.subarray(0, 20));
  await process.runtime.sleep(process.random.int(30));
  await file.write(bytes.subarray(20));
  file.close();
  if (kind !== "cp") await disk.rename(target, path);
}
