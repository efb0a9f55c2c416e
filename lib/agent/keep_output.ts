/** What the model gets to see of a tool's answer, and where the rest of it is kept. */
import type { ToolResult } from "../sandbox/toolbox.ts";
import { type ArtifactStore, callMaker } from "./artifact_store.ts";
import type { CallInStep } from "./check_tool_call.ts";
import { cutMiddle } from "./cut_text.ts";

/** Longer tool outputs are cut for the model, in UTF-16 units; the whole becomes an artifact. */
export const MAX_OUTPUT_LENGTH = 16_000;

/**
 * The answer as the model will see it: cut where it is long, with the whole in an artifact, which is
 * durable before anything names it.
 *
 * @param made the names of the call's artifacts; the new one is added
 */
export async function keepOutput(
  artifacts: ArtifactStore,
  position: CallInStep,
  result: ToolResult,
  made: string[],
): Promise<{ output: string } | { error: string }> {
  const whole = result.ok ? result.output : result.error;
  const seen = whole.length <= MAX_OUTPUT_LENGTH
    ? whole.toWellFormed()
    : await cutWithArtifact(artifacts, position, whole, made);
  return result.ok ? { output: seen } : { error: seen };
}

async function cutWithArtifact(
  artifacts: ArtifactStore,
  position: CallInStep,
  whole: string,
  made: string[],
): Promise<string> {
  const prefix = prefixOf(position);
  const bytes = new TextEncoder().encode(whole);
  // Not the same maker as the tool: its own file of this name must not be replaced.
  const maker = `${makerOf(position)}/output`;
  const name = await artifacts.write(maker, `${prefix}-output`, `${prefix}.txt`, bytes);
  made.push(name);
  return cutMiddle(
    whole,
    MAX_OUTPUT_LENGTH,
    (leftOut) =>
      `[… ${leftOut} of ${whole.length} characters left out here; ` +
      `the whole is kept as the artifact "${name}" …]`,
  );
}

/** Tells a call's artifacts from those of all others. */
export function makerOf({ step, call }: CallInStep): string {
  return callMaker(step.answer.step, call.request.id);
}

/** Begins the names of a call's artifacts where they need a name of ours. */
export function prefixOf({ step, call }: CallInStep): string {
  return `step-${step.answer.step}-${call.number}`;
}
