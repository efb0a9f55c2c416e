/** What a tool says of itself, as its process tells it: not to be trusted before it is checked. */
import { z } from "zod";
import { PERMISSION_KINDS, type Permissions } from "./define_tool.ts";
import type { Effects } from "./toolbox.ts";

/** What a tool declared, checked. */
export interface Declaration {
  readonly name: string;
  /** The tool's file, an absolute path. */
  readonly file: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
  readonly permissions: Permissions;
  readonly effects: Effects;
  readonly timeout_seconds: number;
  readonly memory_mb: number;
}

/** A file that gave no declaration, and why, as a clause about it ("it …"). */
export interface UnreadableTool {
  /** The name it declared, where it came that far; else its file's name. */
  readonly name: string;
  readonly file: string;
  readonly reason: string;
}

const access = z.union([z.boolean(), z.array(z.string().min(1))]).optional();
const kinds = Object.fromEntries(PERMISSION_KINDS.map((kind) => [kind, access]));
const schema = z.object({
  description: z.string().min(1).max(10_000),
  parameters: z.looseObject({ type: z.literal("object") }),
  permissions: z.strictObject(kinds),
  effects: z.enum(["none", "idempotent", "once"]),
  timeout_seconds: z.number().positive().max(86_400),
  memory_mb: z.number().int().min(16).max(65_536),
});
/** What a tool may be called: what model servers take for the name of a function. */
export const TOOL_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** Checks what a process gave as a tool's declaration. */
export function checkDeclaration(
  name: string,
  file: string,
  declared: unknown,
): Declaration | UnreadableTool {
  const parsed = schema.safeParse(declared);
  if (parsed.success) {
    const { permissions, ...rest } = parsed.data;
    return { name, file, ...rest, permissions: permissions as Permissions };
  }
  const issue = parsed.error.issues[0];
  const key = issue?.path.map(String).join(".") || "declaration";
  return { name, file, reason: `its ${key} does not fit: ${issue?.message}` };
}
