/**
 * The only reader of the environment. Flag over environment over `.env` over default.
 *
 * One table of settings gives types, defaults, help texts and the README's table.
 */
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { parseEnv } from "node:util";
import { z } from "zod";

/** What the programs are told from outside, resolved once and frozen. Paths are absolute. */
export interface Config {
  readonly persistent_dir: string;
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
  readonly queue_url: string | undefined;
  /** Variables that tool processes may need: DENO_DIR, proxies, certificates. Those set, only. */
  readonly tool_environment: Readonly<Record<string, string>>;
}

/** A wrong setting: exit code 3. The message names the variable and says what was expected. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Used where the operator names no model and OpenAI's own servers answer. */
export const DEFAULT_MODEL = "gpt-5.4-mini";
/** The name under which the built-in model answers when there is neither key nor base URL. */
export const OFFLINE_MODEL = "offline";

const word = z.string().max(200).regex(/^[^\s\p{C}]+$/u);
const path = z.string().regex(/^[^\0]+$/);
const url = (protocol: RegExp) => z.url({ protocol });

interface Setting {
  readonly schema: z.ZodType;
  /** The default as a person would write it; undefined means absent. */
  readonly fallback?: string;
  /** Completes "expected …". */
  readonly expected: string;
  readonly help: string;
  /** The flag that overrides it, without the dashes. */
  readonly flag?: string;
  readonly secret?: boolean;
}

const SETTINGS = {
  PERSISTENT_DIR: {
    schema: path,
    fallback: "./persistent",
    expected: "a path",
    help: "Directory that holds tasks, notifications and conversations",
    flag: "dir",
  },
  OPENAI_API_KEY: {
    schema: z.string().regex(/^[\x21-\x7e]+$/),
    expected: "a key of visible ASCII characters without spaces",
    help: "Key of the model server; optional with a base URL",
    secret: true,
  },
  OPENAI_BASE_URL: {
    schema: url(/^https?$/),
    expected: 'an http or https URL such as "http://localhost:11434/v1"',
    help: "Any OpenAI-compatible server",
  },
  OPENAI_MODEL: {
    schema: word,
    fallback: DEFAULT_MODEL,
    expected: "a model's name without spaces",
    help: "Model of both programs where they name none of their own",
  },
  MAIN_MODEL: {
    schema: word,
    expected: "a model's name without spaces",
    help: "Model of the chat",
  },
  BACKGROUND_MODEL: {
    schema: word,
    expected: "a model's name without spaces",
    help: "Model of background tasks",
  },
  TASK_CONCURRENCY: {
    schema: z.string().regex(/^\d{1,4}$/).transform(Number).pipe(z.int().min(1).max(1000)),
    fallback: "4",
    expected: "a whole number from 1 to 1000",
    help: "Tasks that one service runs at the same time",
    flag: "concurrency",
  },
  DURABILITY: {
    schema: z.enum(["full", "relaxed"]),
    fallback: "full",
    expected: '"full" or "relaxed"',
    help: "Whether what is acknowledged survives a power cut (full) or only a crash (relaxed)",
  },
  LOG_LEVEL: {
    schema: z.enum(["trace", "debug", "info", "warning", "error", "fatal"]),
    fallback: "info",
    expected: '"trace", "debug", "info", "warning", "error" or "fatal"',
    help: "Least important log lines of the service that are written",
    flag: "log-level",
  },
  LOG_FORMAT: {
    schema: z.enum(["pretty", "json"]),
    expected: '"pretty" or "json"',
    help: "Form of the service's log; pretty at a terminal, else JSON",
    flag: "log-format",
  },
  NO_COLOR: { schema: z.string(), expected: "any text", help: "Set to anything: no colours" },
  TERM: { schema: z.string(), expected: "a terminal's name", help: '"dumb": plain text only' },
  QUEUE_URL: {
    schema: url(/^rediss?$/),
    expected: 'a URL such as "redis://localhost:6379"',
    help: "Kept for a queue beyond one machine; this version has files only and refuses it",
  },
  TOOLS_FILE: {
    schema: path,
    fallback: "./tools.json",
    expected: "a path",
    help: "Settings and permissions of the tools",
  },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof SETTINGS;
type Values = { [Name in SettingName]?: z.infer<typeof SETTINGS[Name]["schema"]> };

/** Handed on to tool processes where they are set; see {@linkcode Config.tool_environment}. */
const TOOL_ENVIRONMENT = [
  "DENO_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
] as const;

/** Every environment variable that the programs read; deno.json's --allow-env must list them. */
export const ENVIRONMENT_NAMES: readonly string[] = [
  ...Object.keys(SETTINGS),
  ...TOOL_ENVIRONMENT,
  "INIT_CWD",
  "HOME",
  "XDG_CACHE_HOME",
];

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
 * @throws {ConfigError} when a value is wrong
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = withoutEmpty(sources.environment ?? readVariable);
  const dotenv = readDotenv(sources.project_dir ?? projectDirectory());
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    values[name] = valueOf(name, setting, sources.flags ?? {}, environment, dotenv);
  }
  const base = environment("INIT_CWD") ?? sources.cwd ?? Deno.cwd();
  return assemble(values as Values, {
    base,
    tool_environment: toolEnvironment(environment),
    log_to_terminal: sources.log_to_terminal ?? Deno.stderr.isTerminal(),
  });
}

/** The directory of main.ts: where `.env`, tools/ and the programs themselves are. */
export function projectDirectory(): string {
  return dirname(dirname(fromFileUrl(import.meta.url)));
}

function assemble(
  values: Values,
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
  const text = flag ?? environment(name) ?? (dotenv[name] || undefined) ?? setting.fallback;
  if (text === undefined) return undefined;
  const parsed = setting.schema.safeParse(flag ?? text.trim());
  if (parsed.success) return parsed.data;
  const source = flag !== undefined
    ? `--${setting.flag}`
    : environment(name) !== undefined
    ? name
    : `${name} (in .env)`;
  const got = setting.secret
    ? "something else"
    : JSON.stringify(withoutPassword(text).slice(0, 100));
  throw new ConfigError(`${source}: expected ${setting.expected}, got ${got}`);
}

function readDotenv(project_dir: string): Readonly<Record<string, string | undefined>> {
  const file = join(project_dir, ".env");
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

/** A configuration that may be printed or logged: secrets are `***`. */
export function printableConfig(config: Config): Record<string, unknown> {
  return {
    ...config,
    api_key: config.api_key === undefined ? undefined : "***",
    base_url: withoutPassword(config.base_url),
    queue_url: withoutPassword(config.queue_url),
    tool_environment: Object.fromEntries(
      Object.entries(config.tool_environment).map(([name, value]) => [
        name,
        /proxy/i.test(name) ? withoutPassword(value) : value,
      ]),
    ),
  };
}

/** A URL whose user and password, where it has them, are `***`. Any other text stays as it is. */
export function withoutPassword<T extends string | undefined>(text: T): T | string {
  return text?.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1***@") ?? text;
}

/** One row of the table of settings, for help texts and the README. */
export interface SettingRow {
  readonly name: string;
  readonly flag: string | undefined;
  readonly fallback: string | undefined;
  readonly expected: string;
  readonly help: string;
}

/** The settings in the order in which they are explained. */
export function settingRows(): SettingRow[] {
  return Object.entries<Setting>(SETTINGS).map(([name, { flag, fallback, expected, help }]) => ({
    name,
    flag: flag === undefined ? undefined : `--${flag}`,
    fallback,
    expected,
    help,
  }));
}
