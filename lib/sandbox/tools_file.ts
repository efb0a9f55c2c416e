/** tools.json: the operator's settings for each tool, and what each may be given. */
import { dirname } from "@std/path";
import { z } from "zod";
import { describe } from "../task/json.ts";
import { PERMISSION_KINDS } from "./define_tool.ts";
import { permissionsSchema } from "./permissions_schema.ts";

const entry = z.strictObject({
  enabled: z.boolean().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  allow: permissionsSchema.optional(),
});

const file = z.record(z.string(), entry);

/** What tools.json says of one tool; all of it is optional. */
export type ToolsFileEntry = z.infer<typeof entry>;
/** By the tool's name. */
export type ToolsFile = Readonly<Record<string, ToolsFileEntry>>;

/** tools.json cannot be used. The message is one sentence that names the key. */
export class ToolsFileError extends Error {
  override name = "ToolsFileError";
}

/**
 * Reads tools.json; a missing file is an empty one.
 *
 * @throws {ToolsFileError} when it cannot be read, is no JSON, or has a wrong or unknown key
 */
export async function readToolsFile(path: string): Promise<ToolsFile> {
  const text = await readText(path);
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new ToolsFileError(`Cannot read the tools file "${path}": it is no JSON (${why}).`, {
      cause,
    });
  }
  const parsed = file.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ToolsFileError(complaint(path, value, parsed.error.issues[0]), {
    cause: parsed.error,
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound && await hasDirectory(path)) return undefined;
    const why = cause instanceof Error ? cause.message : cause;
    throw new ToolsFileError(`Cannot read the tools file "${path}": ${why}.`, { cause });
  }
}

// Without it there is no place that the tools' relative paths could mean.
async function hasDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(dirname(path))).isDirectory;
  } catch {
    return false;
  }
}

const EXPECTED: Record<string, string> = {
  enabled: "true or false",
  settings: "an object",
  allow: 'an object like {"net": ["example.com"]}',
};

function complaint(path: string, value: unknown, issue: z.core.$ZodIssue | undefined): string {
  const prefix = `Cannot use the tools file "${path}"`;
  const keys = (issue?.path ?? []).map(String);
  if (keys.length === 0) {
    return `${prefix}: expected an object of tools by name, got ${describe(value)}.`;
  }
  const [tool, key, kind] = keys;
  if (issue?.code === "unrecognized_keys") {
    const known = key === "allow" ? PERMISSION_KINDS.join(", ") : "enabled, settings, allow";
    return `${prefix}: "${[...keys, issue.keys[0]].join(".")}" is not known, expected ${known}.`;
  }
  const expected = kind !== undefined && key === "allow"
    ? "true, false, or a list of texts"
    : EXPECTED[key ?? ""] ?? 'an object like {"enabled": true, "settings": {}, "allow": {}}';
  const shown = [tool, key, kind].filter((k) => k !== undefined).join(".");
  return `${prefix}: "${shown}" is ${
    describe(at(value, [tool, key, kind]))
  }, expected ${expected}.`;
}

function at(value: unknown, keys: readonly (string | undefined)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => key === undefined ? inner : (inner as Record<string, unknown>)[key],
    value,
  );
}
