/**
 * What a tool's author writes: `import { defineTool, z } from "tool";` and a default export.
 *
 * @example
 * ```ts
 * import { defineTool, z } from "tool";
 *
 * export default defineTool({
 *   name: "reverse",
 *   description: "Reverses a text.",
 *   parameters: z.object({ text: z.string() }),
 *   effects: "none",
 *   run: ({ text }) => [...text].reverse().join(""),
 * });
 * ```
 */
import { z } from "zod";
import type { Effects } from "./toolbox.ts";

export { z };
export type { Effects };

/** The permissions of Deno, by their own names. */
export const PERMISSION_KINDS = ["net", "read", "write", "env", "run", "sys", "ffi"] as const;
export type PermissionKind = typeof PERMISSION_KINDS[number];

/**
 * What a tool needs: for each kind a list (hosts, paths, names), `true` for all of it, absent or
 * `false` for none. Relative paths are relative to the directory that tools.json is in.
 */
export type Permissions = {
  readonly [kind in PermissionKind]?: readonly string[] | boolean | undefined;
};

/** What a tool is given beside its arguments. */
export interface ToolContext<Settings = Record<string, unknown>> {
  /** The operator's settings from tools.json, checked and with the schema's defaults. */
  readonly settings: Settings;
  /** Aborts when the task is cancelled; shortly after it the process is killed. */
  readonly signal: AbortSignal;
  readonly task_id: string;
  /** The same for every repetition of this call: pass it on to services that know such keys. */
  readonly idempotency_key: string;
  /**
   * Keeps a file with the task: for what is long, or is no text.
   *
   * @returns the name it was kept under
   * @throws {Error} when the name or the size is refused
   */
  artifact(name: string, bytes: Uint8Array | string): Promise<string>;
}

/** A tool as its author writes it. */
export interface ToolDefinition<
  Parameters extends z.ZodObject = z.ZodObject,
  Settings extends z.ZodType = z.ZodType,
> {
  /** A letter or `_`, then up to 63 letters, digits, `_`, `-`. One name, one tool. */
  readonly name: string;
  /** For the model: what it does, when to use it. */
  readonly description: string;
  /** The arguments. Calls whose arguments do not fit never reach `run`. */
  readonly parameters: Parameters;
  /** What the process may do; none by default. May be derived from the settings. */
  readonly permissions?: Permissions | ((settings: z.output<Settings>) => Permissions);
  /** How safe a repetition is. Default `"once"`: never repeated by itself. */
  readonly effects?: Effects;
  /** One call's time. Default 30. */
  readonly timeout_seconds?: number;
  /** Memory the tool may take beside Deno's own, in MiB. Default 128. */
  readonly memory_mb?: number;
  /** The shape of the operator's settings; each field needs a default. None by default. */
  readonly settings?: Settings;
  /**
   * Why the tool cannot be used with these settings, as a clause about it that names the setting in
   * tools.json which switches it on: `it needs a server: name one in "find".settings.url in
   * tools.json`. Such a tool is off, which is no fault. At most 1000 characters; `undefined`, the
   * default, when it can be used.
   */
  readonly unavailable?: (settings: z.output<Settings>) => string | undefined;
  /**
   * The work. A string goes to the model as it is, anything else as JSON. What it throws becomes
   * an error text for the model.
   *
   * Its process is used again: what one call leaves in globals or goes on doing after its answer,
   * the next one meets, which may be of another task. So a tool that runs what it was given as code
   * must do so where nothing of it stays.
   */
  run(
    args: z.output<Parameters>,
    context: ToolContext<z.output<Settings>>,
  ): unknown | Promise<unknown>;
}

/** A definition with its defaults filled in. */
export type Tool<
  Parameters extends z.ZodObject = z.ZodObject,
  Settings extends z.ZodType = z.ZodType,
> = Required<ToolDefinition<Parameters, Settings>>;

/** Makes a tool; the default export of a file in `tools/`. */
export function defineTool<
  Parameters extends z.ZodObject,
  Settings extends z.ZodType = z.ZodObject<Record<string, never>>,
>(definition: ToolDefinition<Parameters, Settings>): Tool<Parameters, Settings> {
  return {
    permissions: {},
    effects: "once",
    timeout_seconds: 30,
    memory_mb: 128,
    settings: z.object({}) as unknown as Settings,
    unavailable: () => undefined,
    ...definition,
  };
}
