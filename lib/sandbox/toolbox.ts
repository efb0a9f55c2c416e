/** The tools as the agent sees them. What runs behind `call` is a process of its own. */

/** How safe it is to run a call again: at will, with the same key, or never by itself. */
export type Effects = "none" | "idempotent" | "once";

/** One tool of the catalogue. */
export interface ToolEntry {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
  /** As declared, in Deno's words: `{ net: ["api.open-meteo.com"] }`; absent ones are none. */
  readonly permissions: Readonly<Record<string, readonly string[] | boolean>>;
  readonly effects: Effects;
  readonly timeout_seconds: number;
  readonly memory_mb: number;
  readonly enabled: boolean;
  /** Why it is left out, with the setting that would allow it; null where it is enabled. */
  readonly reason: string | null;
  /** Present where the operator wants it left out, by what tools.json says or does not say. */
  readonly off?: true;
}

export interface ToolCall {
  readonly name: string;
  /** Parsed JSON, not yet checked against the tool's parameters. */
  readonly args: unknown;
  readonly task_id: string;
  /** `{task id}/{step}/{call id}`: the same for every repetition of this call. */
  readonly idempotency_key: string;
  readonly signal: AbortSignal;
  /** Awaited after the process is ready and before the tool's code runs. */
  readonly onStarted?: (process: ToolProcessInfo) => Promise<void> | void;
  /** Keeps a file that the tool made; answers its name. */
  readonly onArtifact: (name: string, bytes: Uint8Array) => Promise<string>;
}

/** Which process a call runs in: enough to make sure later that it is gone. */
export interface ToolProcessInfo {
  readonly pid: number;
  /** RFC 3339. */
  readonly process_started_at: string;
  /** A random token in the process's command line. */
  readonly instance: string;
}

/** An error is one clear text for the model. Calls never throw, whatever the tool does. */
export type ToolResult =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly error: string };

export interface Toolbox {
  /** Every tool found, enabled or not, sorted by name. */
  readonly catalogue: readonly ToolEntry[];
  call(call: ToolCall): Promise<ToolResult>;
  /** Ends every tool process and waits until they are gone. */
  close(): Promise<void>;
}
