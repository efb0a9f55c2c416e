/** The model behind any OpenAI-compatible server, asked through npm:openai. */
import type { OpenAI } from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { AnswerAssembler, type AssembledAnswer } from "./answer_assembler.ts";
import { AnswerBody } from "./answer_body.ts";
import { CALL_TIMEOUTS, CallClock, type CallTimeouts } from "./call_clock.ts";
import type { CallContext } from "./call_context.ts";
import { estimateInputTokens, estimateOutputTokens } from "./estimate_tokens.ts";
import {
  type AssistantMessage,
  type ChatMessage,
  type ChatModel,
  type ModelAnswer,
  ModelError,
  type ModelRequest,
  type ToolDeclaration,
} from "./model.ts";
import { modelFailure } from "./model_failure.ts";
import { openClient } from "./openai_client.ts";
import { OPENAI_URL } from "./openai_url.ts";
import { OptionalFields } from "./optional_fields.ts";
import { secretOf } from "./server_words.ts";

/** An event of a stream is some 300 bytes for a token of 4 characters, hence the two limits. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Text and tool arguments of one answer, in UTF-16 units. */
const MAX_ANSWER_CHARACTERS = 8 * 1024 * 1024;

export interface ModelOptions {
  /** The model's name, as its server knows it. */
  readonly name: string;
  /** Secret. Without it no Authorization header is sent. */
  readonly api_key?: string | undefined;
  /** Default `https://api.openai.com/v1`. */
  readonly base_url?: string | undefined;
  /** The variable that names the model, for error messages. Default names all three. */
  readonly configured_by?: string;
  /** Default: those of {@linkcode CALL_TIMEOUTS}, in milliseconds. */
  readonly timeouts?: Partial<CallTimeouts>;
  /** Sent with every request (`temperature`, `max_tokens`…); left out where a server refuses. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/**
 * A model. Needs `--allow-net` for its host.
 *
 * @throws {TypeError} when `base_url` is no http(s) URL
 */
export function openModel(options: ModelOptions): ChatModel {
  const base_url = options.base_url ?? OPENAI_URL;
  if (!/^https?:$/.test(URL.parse(base_url)?.protocol ?? "")) {
    throw new TypeError(`"${base_url}" is no base URL of a model server, expected http(s)://…`);
  }
  return new OpenAIModel(options, base_url);
}

class OpenAIModel implements ChatModel {
  readonly name: string;
  readonly #options: ModelOptions;
  readonly #base_url: string;
  readonly #timeouts: CallTimeouts;
  readonly #client: OpenAI;
  readonly #optional = new OptionalFields();

  constructor(options: ModelOptions, base_url: string) {
    this.name = options.name;
    this.#options = options;
    this.#base_url = base_url;
    this.#timeouts = { ...CALL_TIMEOUTS, ...options.timeouts };
    this.#client = openClient({
      ...options,
      base_url,
      timeout_ms: this.#timeouts.deadline_ms,
    });
  }

  async complete(request: ModelRequest): Promise<ModelAnswer> {
    const model = request.model ?? this.name;
    using clock = new CallClock(this.#timeouts, request.signal);
    let body: AnswerBody | undefined;
    const fail = (error: unknown): ModelError =>
      modelFailure(error, this.#context(request, clock, body));
    const answer = new AnswerAssembler(MAX_ANSWER_CHARACTERS);
    try {
      const response = await this.#ask(request, model, clock);
      body = new AnswerBody(response, this.#client, clock.controller, MAX_BODY_BYTES);
    } catch (error) {
      throw fail(error);
    }
    for await (const text of pieces(body, answer, clock, fail)) request.onText?.(text);
    try {
      // An aborted stream ends without an error.
      if (!answer.finished && clock.ended_by !== undefined) throw new Error("the stream was ended");
      const whole = answer.finish(body.ended);
      const message = withoutKey(whole.message, this.#options.api_key);
      return toModelAnswer({ ...whole, message }, request, model);
    } catch (error) {
      throw fail(error);
    }
  }

  /** Asks, and again without the optional fields that the server turns out not to know. */
  async #ask(request: ModelRequest, model: string, clock: CallClock): Promise<Response> {
    while (true) {
      const optional = this.#optional.allowed(model, {
        stream_options: { include_usage: true },
        ...this.#options.fields,
      });
      const body = {
        ...optional,
        model,
        messages: request.messages.map(toWire),
        stream: true,
        ...(request.tools?.length ? { tools: request.tools.map(toTool) } : {}),
      };
      try {
        return await this.#client.chat.completions.create(
          body as unknown as ChatCompletionCreateParamsStreaming,
          { signal: clock.controller.signal },
        ).asResponse();
      } catch (error) {
        // Each round drops at least one field, so the rounds end.
        if (!this.#optional.learn(model, optional, error)) throw error;
      }
    }
  }

  #context(request: ModelRequest, clock: CallClock, body: AnswerBody | undefined): CallContext {
    const is_own = request.model !== undefined && request.model !== this.name;
    return {
      model: request.model ?? this.name,
      configured_by: is_own
        ? "the task's model"
        : this.#options.configured_by ?? "MAIN_MODEL, BACKGROUND_MODEL or OPENAI_MODEL",
      base_url: this.#base_url,
      api_key: this.#options.api_key,
      timeouts: this.#timeouts,
      ended_by: clock.ended_by,
      preview: body?.preview ?? "",
      now: Date.now(),
    };
  }
}

/** Reads the answer to its end and yields its text on the way; errors come out as ModelErrors. */
async function* pieces(
  body: AnswerBody,
  answer: AnswerAssembler,
  clock: CallClock,
  fail: (error: unknown) => ModelError,
): AsyncGenerator<string> {
  try {
    for await (const chunk of body.chunks()) {
      const { text, progress } = answer.add(chunk);
      if (answer.finished) clock.finishing();
      else if (progress) clock.progressed();
      if (text !== "") yield text;
    }
  } catch (error) {
    // A whole answer is paid for; that the connection then broke costs at most the usage.
    if (!answer.finished) throw fail(error);
  }
}

/** Servers refuse a message without content or with an empty list of calls. */
function toWire(message: ChatMessage): unknown {
  if (message.role !== "assistant") {
    return { ...message, content: message.content.toWellFormed() };
  }
  const { tool_calls, ...rest } = message;
  return tool_calls === undefined || tool_calls.length === 0
    ? { ...rest, content: message.content?.toWellFormed() ?? "" }
    : { ...message, content: message.content?.toWellFormed() ?? null };
}

/** A server that sends back the key it was asked with must not get it into files and tools. */
function withoutKey(message: AssistantMessage, api_key: string | undefined): AssistantMessage {
  const secret = secretOf(api_key);
  if (!secret || !JSON.stringify(message).includes(secret)) return message;
  const { content, tool_calls } = message;
  const cut = (text: string) => text.replaceAll(secret, "***");
  return {
    ...message,
    content: content === null ? null : cut(content),
    ...(tool_calls === undefined ? {} : {
      tool_calls: tool_calls.map((call) => ({
        ...call,
        function: { name: cut(call.function.name), arguments: cut(call.function.arguments) },
      })),
    }),
  };
}

function toTool({ name, description, parameters }: ToolDeclaration): unknown {
  return { type: "function", function: { name, description, parameters } };
}

function toModelAnswer(
  answer: AssembledAnswer,
  request: ModelRequest,
  model: string,
): ModelAnswer {
  const { input_tokens, output_tokens } = answer.usage;
  return {
    message: answer.message,
    finish_reason: answer.finish_reason,
    usage: {
      input_tokens: input_tokens ?? estimateInputTokens(request),
      output_tokens: output_tokens ?? estimateOutputTokens(answer.message),
      estimated: input_tokens === undefined || output_tokens === undefined,
    },
    model: answer.model ?? model,
  };
}
