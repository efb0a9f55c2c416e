import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import {
  type Config,
  ConfigError,
  type ConfigSources,
  FlagError,
  loadConfig,
  toolVariable,
} from "../../lib/config.ts";
import { printableConfig } from "../../lib/printable_config.ts";
import { ENVIRONMENT_NAMES, settingRows } from "../../lib/settings.ts";

function load(
  variables: Record<string, string> = {},
  sources: ConfigSources = {},
): Config {
  return loadConfig({
    environment: (name) => variables[name],
    project_dir: "/nowhere",
    cwd: "/here",
    log_to_terminal: false,
    ...sources,
  });
}

async function withDotenv(content: string, test: (dir: string) => void): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, ".env"), content);
    test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("loadConfig() with nothing set is offline and has every default", () => {
  const { tool_environment: _, ...config } = load();
  assertEquals(config, {
    persistent_dir: "/here/persistent",
    base_dir: "/here",
    api_key: undefined,
    base_url: undefined,
    offline: true,
    main_model: "offline",
    background_model: "offline",
    concurrency: 4,
    durability: "full",
    log_level: "info",
    log_format: "json",
    color: true,
    capable_terminal: true,
    tools_file: "/here/tools.json",
    queue_url: undefined,
  });
});

Deno.test("loadConfig() takes flag over environment over .env over default", async () => {
  await withDotenv("TASK_CONCURRENCY=2\nLOG_LEVEL=debug\nDURABILITY=relaxed\n", (project_dir) => {
    const variables = { TASK_CONCURRENCY: "3", LOG_LEVEL: "error" };
    const config = load(variables, { project_dir, flags: { concurrency: "9" } });
    assertEquals(config.concurrency, 9);
    assertEquals(config.log_level, "error");
    assertEquals(config.durability, "relaxed");
    assertEquals(config.log_format, "json");
  });
});

Deno.test("loadConfig() resolves relative paths against INIT_CWD, else the working directory", () => {
  const elsewhere = load({ INIT_CWD: "/elsewhere", PERSISTENT_DIR: "data" });
  assertEquals(elsewhere.persistent_dir, "/elsewhere/data");
  assertEquals(elsewhere.tools_file, "/elsewhere/tools.json");
  assertEquals(load({ PERSISTENT_DIR: "data" }).persistent_dir, "/here/data");
  assertEquals(load({}, { flags: { dir: "/abs" } }).persistent_dir, "/abs");
});

Deno.test("loadConfig() is online with a key or with a base URL alone", () => {
  const keyed = load({ OPENAI_API_KEY: "sk-1", BACKGROUND_MODEL: "big" });
  assertEquals([keyed.offline, keyed.main_model, keyed.background_model], [
    false,
    "gpt-5.4-mini",
    "big",
  ]);
  const local = load({ OPENAI_BASE_URL: "http://localhost:11434/v1", OPENAI_MODEL: "llama" });
  assertEquals([local.offline, local.api_key, local.main_model, local.background_model], [
    false,
    undefined,
    "llama",
    "llama",
  ]);
});

const WRONG: [variables: Record<string, string>, message: string][] = [
  [
    { TASK_CONCURRENCY: "many" },
    'TASK_CONCURRENCY: expected a whole number from 1 to 1000, got "many"',
  ],
  [{ TASK_CONCURRENCY: "0" }, 'TASK_CONCURRENCY: expected a whole number from 1 to 1000, got "0"'],
  [{ DURABILITY: "half" }, 'DURABILITY: expected "full" or "relaxed", got "half"'],
  [
    { OPENAI_BASE_URL: "localhost" },
    'OPENAI_BASE_URL: expected an http or https URL such as "http://localhost:11434/v1", ' +
    'got "localhost"',
  ],
  [
    { QUEUE_URL: "http://x" },
    "QUEUE_URL: expected redis:// or rediss:// (TLS) at the beginning; its form is " +
    "redis://[user:password@]host[:6379][/database][?prefix=name][&cluster=true]",
  ],
  [
    { OPENAI_API_KEY: "sk secret" },
    "OPENAI_API_KEY: expected a key of visible ASCII characters without spaces, got something else",
  ],
];
for (const [variables, message] of WRONG) {
  Deno.test(`loadConfig() refuses ${Object.keys(variables)} and names it: ${message}`, () => {
    const error = assertThrows(() => load(variables), ConfigError);
    assertEquals(error.message, message);
  });
}

Deno.test("loadConfig() names the flag or .env where the wrong value came from there", async () => {
  const flag = assertThrows(() => load({}, { flags: { concurrency: "x" } }), FlagError);
  assertEquals(flag.message, '--concurrency: expected a whole number from 1 to 1000, got "x"');
  await withDotenv("LOG_LEVEL=loud\n", (project_dir) => {
    const error = assertThrows(() => load({}, { project_dir }), ConfigError);
    assertStringIncludes(error.message, "LOG_LEVEL (in .env): expected ");
    assertEquals(error instanceof FlagError, false);
  });
});

Deno.test("loadConfig() counts an empty variable as absent", () => {
  assertEquals(load({ OPENAI_API_KEY: "", NO_COLOR: "", QUEUE_URL: "" }).offline, true);
  assertEquals(load({ NO_COLOR: "1" }).color, false);
  const { color, capable_terminal } = load({ TERM: "dumb" });
  assertEquals([color, capable_terminal], [false, false]);
});

Deno.test("loadConfig() freezes what it gives", () => {
  const config = load() as { concurrency: number };
  assertThrows(() => config.concurrency = 1, TypeError);
});

Deno.test("tool_environment holds DENO_DIR, proxies and certificates and nothing else", () => {
  const { tool_environment } = load({
    DENO_DIR: "/cache",
    HTTPS_PROXY: "http://proxy:1",
    SSL_CERT_FILE: "/ca.pem",
    OPENAI_API_KEY: "sk-1",
    HOME: "/home/x",
  });
  assertEquals(tool_environment, {
    DENO_DIR: "/cache",
    HTTPS_PROXY: "http://proxy:1",
    SSL_CERT_FILE: "/ca.pem",
  });
});

Deno.test("tool_environment derives DENO_DIR as Deno does", {
  ignore: Deno.build.os !== "linux",
}, () => {
  assertEquals(load({ HOME: "/home/x" }).tool_environment, { DENO_DIR: "/home/x/.cache/deno" });
  const cache = load({ HOME: "/home/x", XDG_CACHE_HOME: "/c" });
  assertEquals(cache.tool_environment, { DENO_DIR: "/c/deno" });
  assertEquals(load().tool_environment, {});
});

Deno.test("printableConfig() hides the key and passwords in URLs", () => {
  const config = load({
    OPENAI_API_KEY: "sk-1",
    OPENAI_BASE_URL: "https://user:pass@host/v1",
    QUEUE_URL: "redis://:word@host",
    HTTP_PROXY: "http://me:secret@proxy",
  });
  const text = JSON.stringify(printableConfig(config));
  for (const secret of ["sk-1", "pass", "word", "secret"]) {
    assertEquals(text.includes(secret), false, secret);
  }
  assertStringIncludes(text, '"base_url":"https://***@host/v1"');
});

Deno.test("every setting is among the names that the programs may read", () => {
  for (const { name } of settingRows()) assertEquals(ENVIRONMENT_NAMES.includes(name), true, name);
  assertEquals(new Set(ENVIRONMENT_NAMES).size, ENVIRONMENT_NAMES.length);
});

for (const task of ["main", "tasks", "background", "start"] as const) {
  Deno.test(`deno.json lets the task ${task} read just the variables that are read`, () => {
    const allowed = /--allow-env=(\S+)/.exec(project.tasks[task].command)?.[1]?.split(",");
    assertEquals(allowed?.toSorted(), ENVIRONMENT_NAMES.toSorted());
  });
}

Deno.test("loadConfig() counts a variable that it may not read as absent", async () => {
  const module = new URL("../../lib/config.ts", import.meta.url).href;
  const code = `import { loadConfig } from "${module}"; console.log(loadConfig().concurrency);`;
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(join(dir, "x.ts"), code);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout, code: exit } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--config", config, "--allow-read", join(dir, "x.ts")],
    env: { TASK_CONCURRENCY: "7" },
    stderr: "inherit",
  }).output();
  await Deno.remove(dir, { recursive: true });
  assertEquals([exit, new TextDecoder().decode(stdout)], [0, "4\n"]);
});

Deno.test("toolVariable() reads the environment, then .env, and never the model's key", () => {
  const project_dir = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${project_dir}/.env`, "A=file\nB=file\nOPENAI_API_KEY=secret\n");
  const environment = (name: string) => name === "A" ? "environment" : undefined;
  const read = (name: string) => toolVariable(name, { environment, project_dir });
  assertEquals(["A", "B", "C", "OPENAI_API_KEY"].map(read), [
    "environment",
    "file",
    undefined,
    undefined,
  ]);
  Deno.removeSync(project_dir, { recursive: true });
});

Deno.test("loadConfig() refuses a TOOLS_FILE that is named and not there; the default may be absent", async () => {
  await withDotenv("TOOLS_FILE=strict.json\n", (dir) => {
    const missing = `expected a file that is there, got "${dir}/strict.json"; ` +
      "write it, {} at least, or unset it";
    const named = { TOOLS_FILE: `${dir}/strict.json` };
    assertThrows(() => load(named), ConfigError, `TOOLS_FILE: ${missing}`);
    const dotenv = { project_dir: dir, cwd: dir };
    assertThrows(() => load({}, dotenv), ConfigError, `TOOLS_FILE (in .env): ${missing}`);
    Deno.writeTextFileSync(join(dir, "strict.json"), "{}");
    assertEquals(load(named).tools_file, `${dir}/strict.json`);
    assertEquals(load({}, dotenv).tools_file, `${dir}/strict.json`);
    assertEquals(load({ TOOLS_FILE: "" }, { cwd: dir }).tools_file, `${dir}/tools.json`);
  });
});

Deno.test("loadConfig() takes a variable that is set and empty for one that .env may not set", async () => {
  await withDotenv("OPENAI_API_KEY=paid\nMAIN_MODEL=large\n", (project_dir) => {
    assertEquals(load({}, { project_dir }).api_key, "paid");
    const config = load({ OPENAI_API_KEY: "", MAIN_MODEL: "" }, { project_dir });
    assertEquals([config.api_key, config.offline, config.main_model], [undefined, true, "offline"]);
  });
});
