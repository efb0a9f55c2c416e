/**
 * Every setting of the programs as one table: it gives types, defaults, help texts and the README's
 * table. lib/config.ts reads them.
 */
import { z } from "zod";

/** Used where the operator names no model and OpenAI's own servers answer. */
export const DEFAULT_MODEL = "gpt-5.4-mini";
/** The name under which the built-in model answers when there is neither key nor base URL. */
export const OFFLINE_MODEL = "offline";

const word = z.string().max(200).regex(/^[^\s\p{C}]+$/u);
const path = z.string().regex(/^[^\0]+$/);
const url = (protocol: RegExp) => z.url({ protocol });

/** What can be set, and how it is explained. */
export interface Setting {
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

/** The settings in the order in which they are explained. */
export const SETTINGS = {
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
    // Its own reader says more of what is wrong: lib/redis/redis_url.ts.
    schema: z.string(),
    expected: 'a URL such as "redis://localhost:6379"',
    help: "Redis server that keeps tasks in place of the directory, for more than one machine",
    secret: true,
  },
  TOOLS_FILE: {
    schema: path,
    fallback: "./tools.json",
    expected: "a path",
    help: "Settings and permissions of the tools",
  },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof SETTINGS;
/** The values after parsing; absent ones have no default. */
export type SettingValues = { [Name in SettingName]?: z.infer<typeof SETTINGS[Name]["schema"]> };

/** Handed on to tool processes where they are set; see `tool_environment` in lib/config.ts. */
export const TOOL_ENVIRONMENT = [
  "DENO_DIR",
  "PATH",
  "NPM_CONFIG_REGISTRY",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
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
