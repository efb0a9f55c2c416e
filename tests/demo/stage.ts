/** The demo's directory and processes. */
import { join } from "@std/path";
import type { JournalEntry } from "../../lib/task/journal_entry.ts";
import { type Program, type ProgramName, startProgram } from "../support/program.ts";
import { startWeatherServer } from "../support/weather_server.ts";
import { observe } from "./narrator.ts";
import { FileView } from "./file_view.ts";
import type { View } from "./view.ts";

const WEATHER_URL = "https://geocoding-api.open-meteo.com/v1/search?name=Oslo&count=1";
const REACH_MS = 2_000;

export class Stage {
  readonly #programs = new Set<Program>();

  private constructor(
    readonly view: View,
    private readonly root: string,
    private readonly env: Record<string, string>,
    readonly weatherNote: string,
    private readonly closeWeather: () => Promise<void> | void,
  ) {}

  static async open(): Promise<Stage> {
    const root = await Deno.makeTempDir({ prefix: "background-tasks-demo-" });
    const view = await openView(root);
    const env: Record<string, string> = { LOG_LEVEL: "warning", NO_COLOR: "1", ...view.env };
    if (await isReachable()) {
      const note = "Weather: the real one, from Open-Meteo.";
      return new Stage(view, root, env, note, () => {});
    }
    const weather = await startWeatherServer();
    env["TOOLS_FILE"] = join(root, "tools.json");
    const urls = { geocoding_url: weather.url, forecast_url: weather.url };
    const tools = { get_weather: { settings: urls, allow: { net: [new URL(weather.url).host] } } };
    await Deno.writeTextFile(env["TOOLS_FILE"], JSON.stringify(tools));
    const note = "Weather: Open-Meteo cannot be reached from here, so a local stand-in for it " +
      "answers, with made-up numbers.";
    return new Stage(view, root, env, note, () => weather.close());
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

  /** Resolves with a task's journal once so many tool calls have ended. */
  finishedCalls(id: string, count: number): Promise<JournalEntry[]> {
    return observe(`${count} finished tool calls in the journal`, async () => {
      const entries = await this.view.journal(id);
      return entries.filter(({ type }) => type === "tool_finished").length >= count && entries;
    });
  }

  /** A journal entry in one line for people. */
  describe(entry: JournalEntry): string {
    const at = entry.at.slice(11, 23);
    return `${at}  ${entry.type.padEnd(16)} ${detail(entry)}`.trimEnd();
  }

  async close(): Promise<void> {
    for (const program of this.#programs) program.kill("SIGKILL");
    await Promise.all([...this.#programs].map((program) => program.ended));
    await this.view.close();
    await this.closeWeather();
    await Deno.remove(this.root, { recursive: true });
  }

  #start(name: ProgramName, args: readonly string[]): Program {
    const directory = this.view.directory(name === "background" ? "background" : "main");
    const program = startProgram(name, [...args, "--dir", directory], { env: this.env });
    this.#programs.add(program);
    void program.ended.finally(() => this.#programs.delete(program));
    return program;
  }
}

// By a computed name: who has files does not download what Redis needs.
async function openView(root: string): Promise<View> {
  const queue_url = Deno.env.get("QUEUE_URL");
  if (!queue_url) return new FileView(root);
  const module = new URL("./redis_view.ts", import.meta.url).href;
  const { RedisView }: typeof import("./redis_view.ts") = await import(module);
  return await RedisView.open(root, queue_url);
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
