/** Whether what became of a task is what it was promised. */
import type { Scenario } from "./scenario.ts";
import type { TaskSeen } from "./look.ts";

export interface Life {
  readonly id: string;
  readonly scenario: Scenario;
  /** What the dead process left behind. */
  readonly killed: TaskSeen;
  /** What the next service made of it. */
  readonly ended: TaskSeen;
  /** How often the model was asked at each step. */
  readonly asked: readonly number[];
  /** How often each tool ran: one with effects "none", "idempotent" and "once". */
  readonly ran: readonly number[];
}

/** What is wrong, a few words each; empty where all is well. */
export function judge(life: Life): string[] {
  return [...judgePlace(life), ...judgeEnd(life), ...judgeSteps(life)];
}

function judgePlace({ killed, scenario }: Life): string[] {
  const { states } = killed;
  if (states.length === 1) return [];
  if (states.length === 0 && /^(enqueue|prune)$/.test(scenario.act)) return [];
  const isDuplicate = scenario.duplicates && states.length === 2 && states[0] === "pending";
  return isDuplicate ? [] : [`killed in ${states.length} states`];
}

function judgeEnd({ id, killed, ended, scenario }: Life): string[] {
  const expected = scenario.expected(killed);
  const faults: string[] = [];
  const state = ended.states.length === 0 ? "none" : ended.states.join(" and ");
  if (state !== expected.state) faults.push(`ended in ${state}, not ${expected.state}`);
  if (ended.told.join() !== expected.told.join()) {
    faults.push(`told ${ended.told.join() || "nothing"}, not ${expected.told.join()}`);
  }
  if (ended.rejected !== (expected.rejected ?? 0)) faults.push(`${ended.rejected} rejected`);
  if (state === "completed" && ended.record?.result !== `done ${id}`) faults.push("wrong result");
  if (state === "failed" && ended.record?.error?.code !== expected.code) {
    faults.push(`failed with ${ended.record?.error?.code}`);
  }
  if (ended.marked) faults.push("its prune is not finished");
  const left = [...ended.journal, ...ended.artifacts].length > 0;
  if (state === "none" && left) faults.push("its journal or its artifacts are left");
  if (state !== "none" && scenario.act === "prune" && !left) faults.push("half of it is gone");
  if (ended.requested) faults.push("its cancel request is left");
  return faults;
}

/** Finished steps are not done again, and a "once" tool never is. */
function judgeSteps({ killed, asked, ran, scenario }: Life): string[] {
  const faults: string[] = [];
  if (!scenario.tools) return faults;
  for (const [i, times] of asked.entries()) {
    const isAnswered = killed.journal.some((e) => e.type === "model_answer" && e.step === i + 1);
    if (times < 1 || times > (isAnswered ? 1 : 2)) {
      faults.push(`step ${i + 1} asked ${times} times`);
    }
  }
  for (const [i, times] of ran.entries()) {
    const isFinished = killed.journal.some((e) => e.type === "tool_finished" && e.step === i + 1);
    const most = isFinished || i === ran.length - 1 ? 1 : 2;
    if (times > most) faults.push(`tool ${i + 1} ran ${times} times`);
    // Only a "once" tool may have had no chance: its outcome was unknown.
    if (times < 1 && i !== ran.length - 1) faults.push(`tool ${i + 1} never ran`);
  }
  return faults;
}
