/** What a tool says of itself, as its process tells it: not to be trusted before it is checked. */
import { z } from "zod";
import type { Permissions } from "./define_tool.ts";
import { permissionsSchema } from "./permissions_schema.ts";
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
  /** Why it is off with the operator's settings; null where it is not. */
  readonly unavailable: string | null;
}

/** A file that gave no declaration, and why, as a clause about it ("it …"). */
export interface UnreadableTool {
  /** The name it declared, where it came that far; else its file's name. */
  readonly name: string;
  readonly file: string;
  readonly reason: string;
}

// It goes to the model with every request; of a server's own limits none is known to be larger.
const PARAMETERS_LENGTH = 100_000;

const schema = z.object({
  description: z.string().min(1).max(10_000),
  parameters: z.looseObject({ type: z.literal("object") })
    .refine(isShort, `expected at most ${PARAMETERS_LENGTH} characters of JSON schema`),
  permissions: permissionsSchema,
  effects: z.enum(["none", "idempotent", "once"]),
  timeout_seconds: z.number().positive().max(86_400),
  memory_mb: z.number().int().min(16).max(65_536),
  unavailable: z.string().min(1).max(1000).nullable(),
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
    return { name, file, ...parsed.data };
  }
  const issue = parsed.error.issues[0];
  const key = issue?.path.map(String).join(".") || "declaration";
  return { name, file, reason: `its ${key} does not fit: ${issue?.message}` };
}

// What is nested too deeply for JSON.stringify would end the service where it writes it down.
function isShort(schema: unknown): boolean {
  try {
    return JSON.stringify(schema).length <= PARAMETERS_LENGTH;
  } catch {
    return false;
  }
}
