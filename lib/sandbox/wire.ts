/**
 * What goes over a tool process's standard input and output: one JSON object a line.
 *
 * Every line of the process begins with its token, which only the host's own closures know: what
 * a tool prints by itself does not begin with it, and is counted and dropped.
 */
import { z } from "zod";

/** To the process. `init` comes first and once. */
export type ToProcess =
  | {
    readonly type: "init";
    readonly token: string;
    readonly memory_mb: number;
    readonly answer_bytes: number;
    readonly artifact_bytes: number;
    /** The tool's file, a `file:` URL. */
    readonly module: string;
    /** Read the declaration, or get ready for calls. */
    readonly mode: "declare" | "run";
  }
  | { readonly type: "settings"; readonly settings: unknown }
  | {
    readonly type: "call";
    readonly call: string;
    readonly args: unknown;
    readonly task_id: string;
    readonly conversation_id: string;
    readonly idempotency_key: string;
  }
  | { readonly type: "cancel"; readonly call: string }
  | {
    readonly type: "artifact_kept";
    readonly artifact: number;
    readonly name: string | null;
    readonly error: string | null;
  };

const fromProcess = z.discriminatedUnion("type", [
  /** The tool's name, before it is given that tool's settings. */
  z.object({ type: z.literal("name"), name: z.string() }),
  z.object({ type: z.literal("declaration"), declaration: z.unknown() }),
  z.object({ type: z.literal("ready") }),
  /** The declaration or the start failed; nothing more will come. */
  z.object({ type: z.literal("failed"), error: z.string(), needs_packages: z.boolean() }),
  z.object({
    type: z.literal("answer"),
    call: z.string(),
    ok: z.boolean(),
    text: z.string(),
  }),
  z.object({
    type: z.literal("artifact"),
    call: z.string(),
    artifact: z.number(),
    name: z.string(),
    base64: z.string(),
  }),
  /** From the watchdog, just before it kills the process. */
  z.object({ type: z.literal("memory") }),
]);

/** From the process. */
export type FromProcess = z.infer<typeof fromProcess>;

/** One line of the process without its token; `undefined` when it is no message. */
export function parseFromProcess(text: string): FromProcess | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = fromProcess.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
