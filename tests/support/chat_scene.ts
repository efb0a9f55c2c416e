/**
 * A chat in a pseudo-terminal beside a real service, a model that says what it is told, and weather
 * from a stand-in.
 *
 * Asked for "weather in A, B", the chat's model hands one task for each place to the background;
 * anything else it repeats. Each task's last answer is held until its place is let go.
 */
import { Gate, type ModelServer, startModelServer } from "./model_server.ts";
import { denoArgs, PROJECT, withLock } from "./program.ts";
import { Pty, type PtyOptions } from "./pty.ts";
import { Scene } from "./scene.ts";
import { lastMessage, parts, promptOf, questionOf, twoModels } from "./two_models.ts";
import { startWeatherServer, type WeatherServer } from "./weather_server.ts";
import type { RecordedRequest, Reply } from "./model_server.ts";

const SCHEDULE = "schedule_background_task";

/** How the terminal is. */
export type Window = Pick<PtyOptions, "columns" | "rows" | "emoji" | "rewraps" | "env">;

export class ChatScene implements AsyncDisposable {
  readonly #gates = new Map<string, Gate>();
  readonly #chats: Pty[] = [];
  /** Answers to "slow …" are held in their middle until this is let go. */
  readonly answer = new Gate();

  private constructor(
    private readonly weather: WeatherServer,
    private server: ModelServer | undefined,
    private world: Scene | undefined,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** @param env for both programs, besides where their models are */
  static async open(env: Readonly<Record<string, string>> = {}): Promise<ChatScene> {
    const opened = new ChatScene(startWeatherServer(), undefined, undefined, env);
    opened.server = await startModelServer(parts({
      chat: (request) => opened.#said(request),
      worker: (request) => opened.#worked(request),
    }));
    const { url } = opened.weather;
    const settings = { geocoding_url: url, forecast_url: url };
    const allow = { net: [new URL(url).host] };
    opened.world = await Scene.open({ ...twoModels(opened.server.base_url), ...env }, {
      tools: { get_weather: { settings, allow } },
    });
    return opened;
  }

  get scene(): Scene {
    return this.world!;
  }

  /** Starts the chat; resolves once one can type. */
  async chat(args: readonly string[], window: Window = {}): Promise<Pty> {
    const env = { ...twoModels(this.server!.base_url), NO_COLOR: "1", ...this.env, ...window.env };
    const pty = new Pty({
      command: [
        "deno",
        ...withLock(denoArgs("main"), env),
        "--dir",
        this.scene.directory,
        ...args,
      ],
      cwd: PROJECT,
      ...window,
      env,
    });
    this.#chats.push(pty);
    await pty.until((screen) => screen.at(-1) === ">");
    return pty;
  }

  /** What holds the last answer about a place. */
  gate(place: string): Gate {
    const gate = this.#gates.get(place) ?? new Gate();
    this.#gates.set(place, gate);
    return gate;
  }

  #said(request: RecordedRequest): Reply {
    const said = questionOf(request);
    const [, places] = /^weather in (.*)/.exec(said) ?? [];
    if (said.startsWith("slow")) return { text: "one half, other half", middle_gate: this.answer };
    if (places === undefined) return { text: `You said: **${said}**` };
    const { messages } = request.body;
    const asked = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
    const isDone = asked.some(({ tool_calls }) => tool_calls?.[0]?.function.name === SCHEDULE);
    if (isDone) return { text: "Started." };
    return {
      tool_calls: places.split(", ").map((place) => ({
        name: SCHEDULE,
        arguments: { title: `Weather in ${place}`, prompt: `Weather in ${place}` },
      })),
    };
  }

  #worked(request: RecordedRequest): Reply {
    const place = promptOf(request).replace("Weather in ", "");
    if (lastMessage(request).role === "tool") {
      return { gate: this.gate(place), text: `It is fine in *${place}* 👍🏽` };
    }
    return { tool_calls: [{ name: "get_weather", arguments: { place } }] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gate of this.#gates.values()) gate.release();
    this.answer.release();
    for (const chat of this.#chats) await chat[Symbol.asyncDispose]();
    await this.world?.[Symbol.asyncDispose]();
    await this.server?.close();
    await this.weather.close();
  }
}
