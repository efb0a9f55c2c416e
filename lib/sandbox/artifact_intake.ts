/** The artifacts of one call, checked where the tool's own process cannot have a say. */
import type { SandboxLimits } from "./limits.ts";
import { plainText } from "./plain_text.ts";
import type { ToolCall } from "./toolbox.ts";

/** What became of one artifact; one that is `too_much` costs the tool its process. */
export type Taken =
  | { readonly kind: "kept"; readonly name: string }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "too_much"; readonly why: string };

// Of a name that is wrong, this much is enough to know it by.
const SHOWN_NAME = 100;

/** Counts what a call makes and hands on what fits. */
export class ArtifactIntake {
  #bytes = 0;
  #count = 0;

  constructor(
    private readonly keep: ToolCall["onArtifact"],
    private readonly limits: SandboxLimits,
  ) {}

  /** Never throws: whatever is wrong with an artifact is the tool's to know. */
  async take(name: string, base64: string): Promise<Taken> {
    const { artifact_bytes, call_artifact_bytes, call_artifacts } = this.limits;
    if (++this.#count > call_artifacts) return tooMuch(`${call_artifacts} artifacts`);
    const shown = plainText(name, SHOWN_NAME);
    try {
      const bytes = decode(base64);
      if (bytes === undefined) return refused(`the artifact "${shown}" did not come as base64`);
      if (bytes.length > artifact_bytes) {
        return refused(
          `the artifact "${shown}" has ${bytes.length} bytes, expected at most ${artifact_bytes}`,
        );
      }
      this.#bytes += bytes.length;
      if (this.#bytes > call_artifact_bytes) {
        return tooMuch(`${call_artifact_bytes} bytes of artifacts`);
      }
      return { kind: "kept", name: await this.keep(name, bytes) };
    } catch (cause) {
      return refused(cause instanceof Error ? cause.message : String(cause));
    }
  }
}

function tooMuch(limit: string): Taken {
  return { kind: "too_much", why: `it made more than ${limit} in one call and was stopped` };
}

function refused(error: string): Taken {
  return { kind: "refused", error };
}

function decode(base64: string): Uint8Array | undefined {
  try {
    return (Uint8Array as unknown as { fromBase64(text: string): Uint8Array }).fromBase64(base64);
  } catch {
    return undefined;
  }
}
