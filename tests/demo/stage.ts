/** The demo's directory and processes. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { type JournalEntry, parseJournalEntry } from "../../lib/task/journal_entry.ts";
import { type Program, type ProgramName, startProgram } from "../support/program.ts";
import { startWeatherServer } from "../support/weather_server.ts";

const WEATHER_URL = "https://geocoding-api.open-meteo.com/v1/search?name=Oslo&count=1";
const REACH_MS = 2_000;

export class Stage {
  readonly #programs = new Set<Program>();

  private constructor(
    /** The `persistent/` of this demo. */
    readonly directory: string,
    private readonly root: string,
    private readonly env: Record<string, string>,
    readonly weatherNote: string,
    private readonly closeWeather: () => Promise<void> | void,
  ) {}

  static async open(): Promise<Stage> {
    const root = await Deno.makeTempDir({ prefix: "background-tasks-demo-" });
    const env: Record<string, string> = { LOG_LEVEL: "warning", NO_COLOR: "1" };
    if (await isReachable()) {
      const note = "Weather: the real one, from Open-Meteo.";
      return new Stage(join(root, "persistent"), root, env, note, () => {});
    }
    const weather = await startWeatherServer();
    env["TOOLS_FILE"] = join(root, "tools.json");
    const urls = { geocoding_url: weather.url, forecast_url: weather.url };
    const tools = { get_weather: { settings: urls, allow: { net: [new URL(weather.url).host] } } };
    await Deno.writeTextFile(env["TOOLS_FILE"], JSON.stringify(tools));
    const note = "Weather: Open-Meteo cannot be reached from here, so a local stand-in for it " +
      "answers, with made-up numbers.";
    return new Stage(join(root, "persistent"), root, env, note, () => weather.close());
  }

  main(args: readonly string[]): Program {
    return this.#start("main", args);
  }

  service(): Program {
    return this.#start("background", ["--concurrency", "2"]);
  }

  /** Adds a task by the operator's command; answers its id. */
  async add(prompt: string, conversation: string): Promise<string> {
    const args = ["add", "--prompt", prompt, "--conversation", conversation, "--json"];
    const { code, stdout, stderr } = await this.#start("tasks", args).ended;
    if (code !== 0) throw new Error(`tasks add failed: ${stderr}`);
    return JSON.parse(stdout).id;
  }

  /** Stops a service as an operator would. */
  async stop(service: Program): Promise<void> {
    service.kill("SIGTERM");
    const { code, stderr } = await service.ended;
    if (code !== 0) throw new Error(`the service ended with exit code ${code}: ${stderr}`);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** The only record of a state, as a path below the directory. */
  only(state: string): string | undefined {
    if (!this.has(`tasks/${state}`)) return undefined;
    const names = [...Deno.readDirSync(this.path(`tasks/${state}`))].map(({ name }) => name);
    return names.length === 1 ? `tasks/${state}/${names[0]}` : undefined;
  }

  /** A notification and where it is, shown or not: main may file it at this very moment. */
  notification(name: string): { path: string; record: Record<string, unknown> } | undefined {
    for (const path of [`notifications/demo/${name}`, `notifications/demo/read/${name}`]) {
      try {
        return { path, record: JSON.parse(Deno.readTextFileSync(this.path(path))) };
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return undefined;
  }

  /** What a task's journal holds by now. */
  journal(id: string): JournalEntry[] {
    const path = this.path(`journal/${id}.jsonl`);
    if (!existsSync(path)) return [];
    const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
    return lines.map((line) => parseJournalEntry(JSON.parse(line))).filter((e) => e !== undefined);
  }

  /** A journal entry in one line for people. */
  describe(entry: JournalEntry): string {
    const at = entry.at.slice(11, 23);
    return `${at}  ${entry.type.padEnd(16)} ${detail(entry)}`.trimEnd();
  }

  async close(): Promise<void> {
    for (const program of this.#programs) program.kill("SIGKILL");
    await Promise.all([...this.#programs].map((program) => program.ended));
    await this.closeWeather();
    await Deno.remove(this.root, { recursive: true });
  }

  #start(name: ProgramName, args: readonly string[]): Program {
    const program = startProgram(name, [...args, "--dir", this.directory], { env: this.env });
    this.#programs.add(program);
    void program.ended.finally(() => this.#programs.delete(program));
    return program;
  }
}

function detail(entry: JournalEntry): string {
  switch (entry.type) {
    case "attempt_started":
      return `run ${entry.run}, attempt ${entry.attempt}`;
    case "model_answer": {
      const calls = entry.message.tool_calls?.map((call) => call.function.name) ?? [];
      return calls.length > 0 ? `wants ${calls.join(", ")}` : "the final text";
    }
    case "tool_started":
      return `${entry.name} ${entry.arguments}`;
    case "tool_finished":
      return firstLine(entry.output ?? `error: ${entry.error}`);
    case "attempt_ended":
      return entry.outcome;
    default:
      return "";
  }
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 70 ? line.slice(0, 69) + "…" : line;
}

async function isReachable(): Promise<boolean> {
  try {
    const response = await fetch(WEATHER_URL, { signal: AbortSignal.timeout(REACH_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
