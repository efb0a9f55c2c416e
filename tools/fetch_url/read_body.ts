import type { TimeLimits } from "./time_limits.ts";

/** As much of a body as was read. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Why it is not all, as a clause; absent when it is. */
  readonly cut?: string;
}

/** Reads at most so many bytes, counted after decompression, and what comes within the limits. */
export async function readBody(
  response: Response,
  max_bytes: number,
  limits: TimeLimits,
): Promise<Body> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let cut: string | undefined;
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined && cut === undefined) {
      const { done, value } = await reader.read();
      if (done) break;
      limits.progress();
      parts.push(value.subarray(0, max_bytes - length));
      length += value.length;
      if (length > max_bytes) cut = `it is longer than ${max_bytes} bytes`;
    }
  } catch {
    cut = limits.signal.aborted ? limits.signal.reason.message : "it broke off";
  }
  await reader?.cancel().catch(() => {});
  const bytes = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  return { bytes, ...(cut === undefined ? {} : { cut }) };
}
