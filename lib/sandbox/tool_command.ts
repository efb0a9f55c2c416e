/**
 * How a tool process is started: the one place that knows the program and its flags.
 */
import { fromFileUrl } from "@std/path";
import { INSTANCE_VARIABLE } from "./instance_variable.ts";
import { CHILD_ROLES, type Launch } from "./launch.ts";
import { workerPermissions } from "./worker_permissions.ts";

const HOST = new URL("./tool_host.ts", import.meta.url);
const REAPER = new URL("./reap_process.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

// By name, because `--allow-run=deno` refuses the executable's path under npm's link.
const PROGRAM = "deno";

// What a tool with `net` may need to reach anything: proxies and certificate authorities.
const NETWORK_VARIABLES = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
] as const;

// What fetching packages takes besides: which registry, and where the account for it is.
const REGISTRY_VARIABLES = ["NPM_CONFIG_REGISTRY", "HOME", "PATH"] as const;

// Where a tool that may start programs finds them when the service was told no PATH.
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/** A program with its arguments and its whole environment. */
export interface ProcessCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The working directory, where it matters. */
  readonly cwd?: string;
}

/** Options of {@linkcode toolCommand}. */
export interface ToolCommandOptions {
  readonly launch: Launch;
  /** Permission flags as from `grant()`; none for reading a declaration. */
  readonly flags: readonly string[];
  /** Directories that are always readable: where the tools and their helper are. */
  readonly code_directories: readonly string[];
  /** The heap's limit in MiB. */
  readonly memory_mb: number;
  /** A random token that tells this process from every other. */
  readonly instance: string;
  /** The service's environment; the process gets a few variables of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the tool may use the network, and so needs proxies and authorities. */
  readonly net: boolean;
  /** Whether the tool may start programs, and so needs to find them. */
  readonly run: boolean;
  /** Names of variables that the operator allows this tool. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** The tool's name, or its file's while that is not known. */
  readonly name: string;
}

/**
 * The command of a tool process. It gets its tool, settings and calls over standard input.
 *
 * @throws {TypeError} for a flag that a binary cannot hold a tool to, which `holdable()` keeps away
 */
export function toolCommand(options: ToolCommandOptions): ProcessCommand {
  const { launch } = options;
  const flags = withReadable(options.flags, options.code_directories);
  if (launch.kind === "self") return selfCommand(launch, flags, options);
  return {
    program: PROGRAM,
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "--no-remote",
      "--config",
      fromFileUrl(CONFIG),
      `--v8-flags=--max-old-space-size=${options.memory_mb}`,
      // Web storage is kept by origin: one of its own for every tool, so that none reads another's.
      `--location=http://${encodeURIComponent(options.name.toLowerCase())}.tool.invalid/`,
      ...flags,
      fromFileUrl(HOST),
      options.instance,
    ],
    env: toolEnvironment(options),
    cwd: options.cwd,
  };
}

// A running binary takes no flags: it holds the tool's thread to these permissions by itself, and of
// the limits of memory only the watchdog's is left.
function selfCommand(
  { program, args, env }: Launch & { kind: "self" },
  flags: readonly string[],
  options: ToolCommandOptions,
): ProcessCommand {
  const permissions = JSON.stringify(workerPermissions(flags));
  return {
    program,
    args: [...args, CHILD_ROLES.tool, permissions, options.instance],
    env: { ...toolEnvironment(options), ...env },
    cwd: options.cwd,
  };
}

/** The command that fetches a tool's packages. It runs none of the tool's code. */
export function cacheCommand(
  file: string,
  environment: Readonly<Record<string, string>>,
): ProcessCommand {
  return {
    program: PROGRAM,
    args: ["cache", "--quiet", "--config", fromFileUrl(CONFIG), file],
    env: {
      DENO_DIR: denoDirectory(environment),
      ...pick(environment, [...NETWORK_VARIABLES, ...REGISTRY_VARIABLES]),
    },
  };
}

/** The command of the helper that ends what a dead service left behind. All rights. */
export function reaperCommand(launch: Launch): ProcessCommand {
  if (launch.kind === "self") {
    return {
      program: launch.program,
      args: [...launch.args, CHILD_ROLES.reaper],
      env: launch.env,
    };
  }
  return {
    program: PROGRAM,
    args: ["run", "--quiet", "--no-config", "--no-lock", "-A", fromFileUrl(REAPER)],
    env: {},
  };
}

// One flag of a kind counts, so the readable directories join the tool's own.
function withReadable(flags: readonly string[], directories: readonly string[]): string[] {
  const readable = directories.map(escapeFlagPath).join(",");
  const read = flags.find((flag) => flag.startsWith("--allow-read="));
  const rest = flags.filter((flag) => flag !== read);
  return [...rest, read === undefined ? `--allow-read=${readable}` : `${read},${readable}`];
}

/** A path as one item of a permission flag, where a comma is written twice. */
export function escapeFlagPath(path: string): string {
  return path.replaceAll(",", ",,");
}

function toolEnvironment(options: ToolCommandOptions): Record<string, string> {
  const env: Record<string, string> = { DENO_DIR: denoDirectory(options.environment) };
  if (options.run) {
    env.PATH = options.environment.PATH ?? DEFAULT_PATH;
    env[INSTANCE_VARIABLE] = options.instance;
  }
  const names = [
    ...(options.net ? NETWORK_VARIABLES : []),
    ...Object.keys(options.environment).filter((name) => isAllowed(name, options.env)),
  ];
  return { ...pick(options.environment, names), ...env };
}

function pick(
  environment: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

function isAllowed(name: string, allowed: readonly string[]): boolean {
  return allowed.some((item) =>
    item === name || (item.endsWith("*") && name.startsWith(item.slice(0, -1)))
  );
}

// Deno's own rule; the process could not follow it, since it gets no HOME.
function denoDirectory(environment: Readonly<Record<string, string>>): string {
  const { DENO_DIR, XDG_CACHE_HOME, HOME } = environment;
  if (DENO_DIR) return DENO_DIR;
  if (Deno.build.os === "darwin") return `${HOME ?? ""}/Library/Caches/deno`;
  return XDG_CACHE_HOME ? `${XDG_CACHE_HOME}/deno` : `${HOME ?? ""}/.cache/deno`;
}
