/** The tools of a service: found, declared, granted, and ready to be called. */
import { dirname, fromFileUrl, join, toFileUrl } from "@std/path";
import { type Grant, grant, type GrantContext, realPath } from "./grant.ts";
import { DEFAULT_LIMITS, type SandboxLimits } from "./limits.ts";
import type { Declaration, UnreadableTool } from "./declaration.ts";
import { type OpenTool, ProcessToolbox } from "./process_toolbox.ts";
import { plainText } from "./plain_text.ts";
import { readDeclarations } from "./read_declarations.ts";
import { toolCommand } from "./tool_command.ts";
import { ToolPool } from "./tool_pool.ts";
import { ToolProcess } from "./tool_process.ts";
import type { Toolbox, ToolEntry } from "./toolbox.ts";
import { readToolsFile, type ToolsFile } from "./tools_file.ts";

/** Options of {@linkcode openToolbox}. Paths are absolute. */
export interface OpenToolboxOptions {
  /** Where the tools' files are. Default: `tools/` of this project. */
  readonly tools_directory?: string;
  /** tools.json; it need not be there. Tools' relative paths are relative to its directory. */
  readonly tools_file: string;
  /** No tool gets at this directory. */
  readonly persistent_dir: string;
  /**
   * Variables that tool processes may be given: DENO_DIR (else HOME, for finding it), proxies and
   * certificates, PATH for tools that start programs, and what tools.json allows tools by name.
   * Where packages are fetched, NPM_CONFIG_REGISTRY and HOME (for .npmrc) count too.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Reads a variable that tools.json allows a tool and `environment` does not hold. */
  readonly variable?: (name: string) => string | undefined;
  readonly limits?: Partial<SandboxLimits>;
  /** Ends the opening early: tools that are not read by then are left out. */
  readonly signal?: AbortSignal;
  /** Told of what takes long, one sentence each. */
  readonly info?: (sentence: string) => void;
  /** Told of everything that an operator should know of, one sentence each. */
  readonly warn?: (sentence: string) => void;
}

const REASON_LENGTH = 1000;
const PROJECT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/**
 * Opens the toolbox. A tool that cannot be read or allowed is in the catalogue with its reason.
 * Makes the workspace directory (`workspace/` beside tools.json) when a tool is granted it.
 *
 * Needs `--allow-read`, `--allow-write` for the workspace, and `--allow-run=deno`.
 *
 * @throws {ToolsFileError} when tools.json cannot be used
 */
export async function openToolbox(options: OpenToolboxOptions): Promise<Toolbox> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const directory = realPath("/", options.tools_directory ?? join(PROJECT, "tools"));
  const code = [realPath("/", join(PROJECT, "lib")), directory];
  const toolsFile = await readToolsFile(options.tools_file);
  const declarations = await readDeclarations({
    directory,
    toolsFile,
    environment: withHome(options),
    code_directories: code,
    limits,
    signal: options.signal,
    info: options.info,
  });
  const opened = declarations.map((declaration) =>
    openTool(declaration, toolsFile, { ...options, limits, code })
  );
  if (!options.signal?.aborted) warn(opened, toolsFile, options);
  return new ProcessToolbox(opened);
}

// Where .npmrc is, which says how a private registry is reached.
function withHome({ environment, variable }: OpenToolboxOptions): Record<string, string> {
  const HOME = environment.HOME ?? variable?.("HOME");
  return HOME === undefined ? { ...environment } : { HOME, ...environment };
}

type Context = Omit<OpenToolboxOptions, "limits"> & {
  readonly limits: SandboxLimits;
  readonly code: readonly string[];
};

function openTool(
  declaration: Declaration | UnreadableTool,
  toolsFile: ToolsFile,
  context: Context,
): OpenTool {
  if ("reason" in declaration) {
    return { entry: unreadableEntry(declaration), pool: undefined };
  }
  const { name, file: _, unavailable, ...declared } = declaration;
  const given = toolsFile[name];
  const where = grantContext(name, context);
  const granted = grant(declared.permissions, given?.allow, where);
  const switchedOff = given?.enabled === false;
  const missing = unavailable === null ? null : plainText(unavailable, REASON_LENGTH);
  const reason = switchedOff
    ? `"${name}".enabled is false in tools.json`
    : missing ?? (granted.ok ? null : granted.reason);
  // Whoever says that it is enabled is to hear that it is not.
  const off = switchedOff || (missing !== null && given?.enabled !== true);
  const entry = {
    ...declared,
    name,
    permissions: declared.permissions as ToolEntry["permissions"],
    enabled: reason === null,
    reason,
    ...(off ? { off: true as const } : {}),
  };
  if (!granted.ok || reason !== null) return { entry, pool: undefined };
  makeWorkspace(granted, where);
  const environment = withVariables(name, granted, context);
  const settings = given?.settings ?? {};
  const start = () => startProcess(declaration, granted, settings, { ...context, environment });
  return { entry, pool: new ToolPool(start, context.limits) };
}

function startProcess(
  declaration: Declaration,
  granted: Grant & { ok: true },
  settings: unknown,
  context: Context,
): ToolProcess {
  const { name, memory_mb, timeout_seconds, file } = declaration;
  const instance = crypto.randomUUID();
  return new ToolProcess({
    command: toolCommand({
      flags: granted.flags,
      code_directories: context.code,
      memory_mb,
      instance,
      environment: context.environment,
      net: granted.net,
      run: granted.run,
      env: granted.env,
      cwd: dirname(context.tools_file),
      name,
    }),
    name,
    module: toFileUrl(file).href,
    settings,
    instance,
    run: granted.run,
    memory_mb,
    timeout_seconds,
    limits: context.limits,
  });
}

function grantContext(name: string, context: Context): GrantContext {
  const base = dirname(context.tools_file);
  return {
    name,
    base,
    workspace: join(base, "workspace"),
    secret: [
      join(PROJECT, ".env"),
      join(base, ".env"),
      context.tools_file,
      context.persistent_dir,
    ],
    roots: [PROJECT, base],
    code: context.code,
  };
}

function makeWorkspace(granted: Grant & { ok: true }, where: GrantContext): void {
  const wanted = granted.flags.some((flag) => flag.split(/[=,]/).includes(where.workspace));
  if (wanted) Deno.mkdirSync(where.workspace, { recursive: true, mode: 0o700 });
}

function withVariables(
  name: string,
  { env }: Grant & { ok: true },
  context: Context,
): Record<string, string> {
  const environment = { ...context.environment };
  for (const variable of env) {
    if (variable.includes("*")) continue;
    const value = environment[variable] ?? context.variable?.(variable);
    if (value !== undefined) environment[variable] = value;
    else {
      context.warn?.(
        `The tool "${name}" may read the variable "${variable}", but the service has no value ` +
          `for it: set it in .env, or in the environment and the service's own --allow-env.`,
      );
    }
  }
  return environment;
}

function unreadableEntry({ name, reason }: UnreadableTool): ToolEntry {
  return {
    name,
    description: "",
    parameters: { type: "object", properties: {} },
    permissions: {},
    effects: "once",
    timeout_seconds: 0,
    memory_mb: 0,
    enabled: false,
    reason,
  };
}

function warn(
  opened: readonly OpenTool[],
  toolsFile: ToolsFile,
  options: OpenToolboxOptions,
): void {
  for (const { entry } of opened) {
    if (entry.enabled || entry.off) continue;
    options.warn?.(`The tool "${entry.name}" is left out: ${entry.reason}.`);
  }
  const names = new Set(opened.map(({ entry }) => entry.name));
  for (const name of Object.keys(toolsFile)) {
    if (names.has(name)) continue;
    options.warn?.(
      `The tools file "${options.tools_file}" has "${name}", but no tool is named so.`,
    );
  }
}
