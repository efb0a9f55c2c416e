/**
 * From what a tool declares and what the operator allows to the exact flags of its process.
 *
 * On by default is what a tool declares of `net`, `read`, `sys`, and `write` inside the workspace and
 * the notes.
 * Off until tools.json allows it: `run`, `ffi`, `env`, and `write` elsewhere. Never given: the
 * project's own directory, its secrets, and the tasks.
 */
import { basename, dirname, join, resolve } from "@std/path";
import { PERMISSION_KINDS, type PermissionKind, type Permissions } from "./define_tool.ts";
import { escapeFlagPath } from "./tool_command.ts";

/** Where a tool's paths are relative to, and what no tool gets. Absolute paths. */
export interface GrantContext {
  /** The tool's name, for the reason's text. */
  readonly name: string;
  readonly base: string;
  /** Directories that may be written without the operator's word. */
  readonly writable: readonly string[];
  /** No grant may be one of these, be below one of the directories, or be above one. */
  readonly secret: readonly string[];
  /** No grant may be one of these or be above one; below them is fine. */
  readonly roots: readonly string[];
  /** Directories of code, in which nothing is ever writable. */
  readonly code: readonly string[];
}

/** The flags of the tool's process, or why it gets none. */
export type Grant =
  | {
    readonly ok: true;
    readonly flags: readonly string[];
    /** Those of the writable directories that it gets at, or at something in them. */
    readonly directories: readonly string[];
    readonly net: boolean;
    readonly env: readonly string[];
    readonly run: boolean;
  }
  | { readonly ok: false; readonly reason: string };

type Wanted = readonly string[] | true;

const OFF_BY_DEFAULT: ReadonlySet<PermissionKind> = new Set(["run", "ffi", "env"]);

/**
 * Works out what a tool's process gets. `denied` are addresses that it never gets, by whatever
 * name. Reads the file system for real paths only.
 */
export function grant(
  declared: Permissions,
  allow: Permissions | undefined,
  context: GrantContext,
  denied: readonly string[] = [],
): Grant {
  const flags: string[] = [];
  const paths: string[] = [];
  let env: readonly string[] = [];
  for (const kind of PERMISSION_KINDS) {
    const wanted = normalise(declared[kind]);
    if (wanted === undefined) continue;
    const given = giveKind(kind, wanted, allow?.[kind], context);
    if (typeof given === "string") return { ok: false, reason: given };
    if (kind === "env") env = given.value === true ? ["*"] : given.value;
    if (isPaths(kind)) paths.push(...given.value === true ? [] : given.value);
    flags.push(flag(kind, given.value));
  }
  if (denied.length > 0) flags.push(`--deny-net=${denied.join(",")}`);
  const has = (kind: PermissionKind) => flags.some((f) => f.startsWith(`--allow-${kind}`));
  const directories = context.writable.filter((root) => paths.some((path) => contains(root, path)));
  return { ok: true, flags, directories, net: has("net"), env, run: has("run") };
}

function isPaths(kind: PermissionKind): kind is "read" | "write" {
  return kind === "read" || kind === "write";
}

function normalise(value: readonly string[] | boolean | undefined): Wanted | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return true;
  return value.length === 0 ? undefined : value;
}

// `true` in a declaration means "whatever I get": a list in tools.json narrows it.
function giveKind(
  kind: PermissionKind,
  wanted: Wanted,
  allowed: readonly string[] | boolean | undefined,
  context: GrantContext,
): { value: Wanted } | string {
  const limit = allowed ?? defaultAllowance(kind, context);
  if (limit === false) return refusal(kind, wanted, context);
  const value = wanted === true ? limit : wanted;
  if (limit !== true && value !== true) {
    const missing = value.filter((item) => !limit.some((l) => covers(kind, l, item, context)));
    if (missing.length > 0) return refusal(kind, missing, context);
  }
  if (isPaths(kind)) return givePaths(kind, value, context);
  const double = value === true ? undefined : value.find((item) => item.includes(","));
  if (double === undefined) return { value };
  // To Deno it would be two items, of which only the first or the last was compared.
  return `it needs ${kind} access to "${double}", expected a list of items without commas`;
}

function defaultAllowance(
  kind: PermissionKind,
  context: GrantContext,
): readonly string[] | boolean {
  if (OFF_BY_DEFAULT.has(kind)) return false;
  return kind === "write" ? context.writable : true;
}

function refusal(kind: PermissionKind, missing: Wanted, context: GrantContext): string {
  const what = missing === true ? "everything" : missing.map((item) => `"${item}"`).join(", ");
  const setting = JSON.stringify({ [kind]: missing });
  return `it needs ${kind} access to ${what}, which tools.json does not allow: ` +
    `to allow it, add ${setting} to "${context.name}".allow there`;
}

function covers(kind: PermissionKind, limit: string, item: string, context: GrantContext): boolean {
  if (limit === item) return true;
  if (kind === "read" || kind === "write" || kind === "ffi") {
    return contains(realPath(context.base, limit), realPath(context.base, item));
  }
  if (kind === "env" && limit.endsWith("*")) return item.startsWith(limit.slice(0, -1));
  if (kind !== "net") return false;
  const host = item.replace(/:\d+$/, "");
  return limit === host || (limit.startsWith("*.") && host.endsWith(limit.slice(1)));
}

function givePaths(
  kind: "read" | "write",
  value: Wanted,
  context: GrantContext,
): { value: readonly string[] } | string {
  const never = "which no tool gets: name narrower paths in its permissions or settings";
  if (value === true) return `it needs ${kind} access to every path, ${never}`;
  const paths = new Set<string>();
  for (const item of value) {
    const path = resolve(context.base, item);
    const real = realPath(context.base, item);
    if (isForbidden(kind, path, context) || isForbidden(kind, real, context)) {
      return `it needs ${kind} access to "${item}", which holds the project's own files or its ` +
        `tasks, ${never}`;
    }
    // Deno compares names before it follows links, so the name that the tool uses goes in too.
    paths.add(real).add(path);
  }
  return { value: [...paths] };
}

function isForbidden(kind: "read" | "write", path: string, context: GrantContext): boolean {
  const above = (other: string) => contains(path, realPath(context.base, other));
  const below = (other: string) => contains(realPath(context.base, other), path);
  const closed = kind === "write" ? [...context.secret, ...context.code] : context.secret;
  return [...context.secret, ...context.roots].some(above) || closed.some(below);
}

function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : directory + "/");
}

/** An absolute path without links; of what is not there yet, the part that is. */
export function realPath(base: string, path: string): string {
  const absolute = resolve(base, path);
  try {
    return Deno.realPathSync(absolute);
  } catch (error) {
    const parent = dirname(absolute);
    if (!(error instanceof Deno.errors.NotFound) || parent === absolute) return absolute;
    return join(realPath(base, parent), basename(absolute));
  }
}

function flag(kind: PermissionKind, value: Wanted): string {
  if (value === true) return `--allow-${kind}`;
  const items = isPaths(kind) ? value.map(escapeFlagPath) : value;
  return `--allow-${kind}=${items.join(",")}`;
}
