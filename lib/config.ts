/**
 * The only reader of the environment. Flag over environment over `.env` over default.
 * lib/settings.ts is the table of what there is.
 */
import { join, resolve } from "@std/path";
import { parseEnv } from "node:util";
import { ConfigError, FlagError } from "./config_error.ts";
import { projectDirectory } from "./project_directory.ts";
import { parseRedisUrl } from "./redis/redis_url.ts";
import {
  DEFAULT_MODEL,
  OFFLINE_MODEL,
  type Setting,
  SETTINGS,
  type SettingValues,
  TOOL_ENVIRONMENT,
} from "./settings.ts";
import { withoutPassword } from "./url_password.ts";

/** What the programs are told from outside, resolved once and frozen. Paths are absolute. */
export interface Config {
  readonly persistent_dir: string;
  /** What relative paths on the command line start from: where the command was typed. */
  readonly base_dir: string;
  /** Secret: never printed. Absent where a base URL makes it optional, or offline. */
  readonly api_key: string | undefined;
  readonly base_url: string | undefined;
  /** Neither key nor base URL: the built-in offline model answers. */
  readonly offline: boolean;
  readonly main_model: string;
  readonly background_model: string;
  readonly concurrency: number;
  readonly durability: "full" | "relaxed";
  readonly log_level: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
  readonly log_format: "pretty" | "json";
  readonly color: boolean;
  /** The terminal knows cursor movements: TERM is not "dumb". */
  readonly capable_terminal: boolean;
  readonly tools_file: string;
  /** Secret where it holds a password: see lib/redis/redis_url.ts for its form. */
  readonly queue_url: string | undefined;
  /** Variables that tool processes may need: DENO_DIR, proxies, certificates. Those set, only. */
  readonly tool_environment: Readonly<Record<string, string>>;
}

export { ConfigError, FlagError };

/** Where settings come from. Everything but `flags` has the real source as its default. */
export interface ConfigSources {
  /** Values of flags by the flag's name, as they were typed. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  /** Reads an environment variable. */
  readonly environment?: (name: string) => string | undefined;
  /** Directory of `.env`; the project's own by default. */
  readonly project_dir?: string;
  /** What relative paths start from where INIT_CWD is not set. */
  readonly cwd?: string;
  /** Whether logs go to a terminal: LOG_FORMAT's default depends on it. */
  readonly log_to_terminal?: boolean;
}

/**
 * Reads the configuration. Needs read permission for `.env`; a variable that the process may not
 * read counts as absent.
 *
 * @throws {ConfigError} when a value is wrong; {@linkcode FlagError} where it came from a flag
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = withoutEmpty(sources.environment ?? readVariable);
  const dotenv = readDotenv(sources);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    values[name] = valueOf(name, setting, sources.flags ?? {}, environment, dotenv);
  }
  const base = environment("INIT_CWD") ?? sources.cwd ?? Deno.cwd();
  const named = environment("TOOLS_FILE") ?? dotenv["TOOLS_FILE"];
  if (named !== undefined) {
    assertThere(resolve(base, named.trim()), sourceOf("TOOLS_FILE", environment));
  }
  const { QUEUE_URL } = values as SettingValues;
  if (QUEUE_URL !== undefined) parseRedisUrl(QUEUE_URL, sourceOf("QUEUE_URL", environment));
  return assemble(values as SettingValues, {
    base,
    tool_environment: toolEnvironment(environment),
    log_to_terminal: sources.log_to_terminal ?? Deno.stderr.isTerminal(),
  });
}

/**
 * The value of a variable that tools.json allows a tool: from the environment, where this process
 * may read it there, else from `.env`. The model's key is never handed on.
 */
export function toolVariable(
  name: string,
  sources: Pick<ConfigSources, "environment" | "project_dir"> = {},
): string | undefined {
  if (name === "OPENAI_API_KEY") return undefined;
  const environment = withoutEmpty(sources.environment ?? readVariable);
  return environment(name) ?? readDotenv(sources)[name];
}

function assemble(
  values: SettingValues,
  context: {
    base: string;
    tool_environment: Readonly<Record<string, string>>;
    log_to_terminal: boolean;
  },
): Config {
  const offline = values.OPENAI_API_KEY === undefined && values.OPENAI_BASE_URL === undefined;
  const model = (own: string | undefined) =>
    offline ? OFFLINE_MODEL : own ?? values.OPENAI_MODEL ?? DEFAULT_MODEL;
  return Object.freeze({
    persistent_dir: resolve(context.base, values.PERSISTENT_DIR!),
    base_dir: context.base,
    api_key: values.OPENAI_API_KEY,
    base_url: values.OPENAI_BASE_URL,
    offline,
    main_model: model(values.MAIN_MODEL),
    background_model: model(values.BACKGROUND_MODEL),
    concurrency: values.TASK_CONCURRENCY!,
    durability: values.DURABILITY!,
    log_level: values.LOG_LEVEL!,
    log_format: values.LOG_FORMAT ?? (context.log_to_terminal ? "pretty" : "json"),
    color: values.NO_COLOR === undefined && values.TERM !== "dumb",
    capable_terminal: values.TERM !== "dumb",
    tools_file: resolve(context.base, values.TOOLS_FILE!),
    queue_url: values.QUEUE_URL,
    tool_environment: Object.freeze(context.tool_environment),
  });
}

function valueOf(
  name: string,
  setting: Setting,
  flags: Readonly<Record<string, string | undefined>>,
  environment: (name: string) => string | undefined,
  dotenv: Readonly<Record<string, string | undefined>>,
): unknown {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  const text = flag ?? environment(name) ?? dotenv[name] ?? setting.fallback;
  if (text === undefined) return undefined;
  const parsed = setting.schema.safeParse(flag ?? text.trim());
  if (parsed.success) return parsed.data;
  const got = setting.secret
    ? "something else"
    : JSON.stringify(withoutPassword(text).slice(0, 100));
  const wrong = `expected ${setting.expected}, got ${got}`;
  if (flag !== undefined) throw new FlagError(`--${setting.flag}: ${wrong}`);
  throw new ConfigError(`${sourceOf(name, environment)}: ${wrong}`);
}

function sourceOf(name: string, environment: (name: string) => string | undefined): string {
  return environment(name) !== undefined ? name : `${name} (in .env)`;
}

// Without the file that was meant, tools would be given more than the operator allows.
function assertThere(file: string, source: string): void {
  try {
    Deno.statSync(file);
  } catch (cause) {
    // What else may be wrong with it, its reader says.
    if (!(cause instanceof Deno.errors.NotFound)) return;
    throw new ConfigError(
      `${source}: expected a file that is there, got "${file}"; write it, {} at least, or unset it`,
      { cause },
    );
  }
}

// Without what is empty there, and without what the environment says is empty: `NAME=` before a
// command switches off what `.env` says.
function readDotenv(sources: ConfigSources): Readonly<Record<string, string | undefined>> {
  const file = join(sources.project_dir ?? projectDirectory(), ".env");
  const environment = sources.environment ?? readVariable;
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseDotenv(file))) {
    if (value && environment(name) !== "") found[name] = value;
  }
  return found;
}

function parseDotenv(file: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(Deno.readTextFileSync(file));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotCapable) return {};
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`Cannot read "${file}": ${why}`, { cause });
  }
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // No permission for this name: the same as not set, so that narrower rights still work.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

// `NAME=` in a shell is how people switch a variable off.
function withoutEmpty(read: (name: string) => string | undefined) {
  return (name: string) => read(name) || undefined;
}

function toolEnvironment(environment: (name: string) => string | undefined) {
  const found: Record<string, string> = {};
  for (const name of TOOL_ENVIRONMENT) {
    const value = environment(name);
    if (value !== undefined) found[name] = value;
  }
  found["DENO_DIR"] ??= defaultDenoDir(environment) ?? "";
  if (found["DENO_DIR"] === "") delete found["DENO_DIR"];
  return found;
}

// Where Deno keeps its packages when nobody says so; a tool process has no HOME to derive it from.
function defaultDenoDir(environment: (name: string) => string | undefined): string | undefined {
  const cache = environment("XDG_CACHE_HOME");
  if (Deno.build.os === "linux" && cache !== undefined) return join(cache, "deno");
  const home = environment("HOME");
  if (home === undefined) return undefined;
  return Deno.build.os === "darwin"
    ? join(home, "Library", "Caches", "deno")
    : join(home, ".cache", "deno");
}
