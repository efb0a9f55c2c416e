import { assert, assertEquals } from "@std/assert";
import { TASK_STATES } from "../../../lib/task/record.ts";
import { isTerminal, isTransition, STATES, TRANSITIONS } from "../../../lib/task/state_machine.ts";

Deno.test("each state has its three sentences", () => {
  assertEquals(Object.keys(STATES).sort(), [...TASK_STATES].sort());
  for (const sentences of Object.values(STATES)) {
    const all = [sentences.means, sentences.left_by, sentences.after_crash];
    for (const sentence of all) assert(/^[A-Z].*\.$/.test(sentence), sentence);
  }
});

Deno.test("isTransition() knows every change that there is and no other", () => {
  const changes = TASK_STATES.flatMap((from) =>
    TASK_STATES.filter((to) => isTransition(from, to)).map((to) => `${from} → ${to}`)
  );
  assertEquals(changes, [
    "pending → running",
    "running → pending",
    "running → completed",
    "running → failed",
    "completed → pending",
    "failed → pending",
  ]);
});

Deno.test("a terminal state is left by the operator alone", () => {
  for (const { from, by } of Object.values(TRANSITIONS)) {
    if (from !== undefined && isTerminal(from)) assertEquals(by, "operator");
  }
  assertEquals(TASK_STATES.filter(isTerminal), ["completed", "failed"]);
});

Deno.test("every state but the ends can be left, and every state can be reached", () => {
  const all = Object.values(TRANSITIONS);
  for (const state of TASK_STATES) {
    assert(all.some(({ to }) => to === state), state);
    assert(all.some(({ from }) => from === state), state);
  }
});
