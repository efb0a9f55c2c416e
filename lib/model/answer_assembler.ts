/** Puts an answer together from the chunks of a stream, trusting none of their fields. */
import type { AssistantMessage } from "./model.ts";
import { asObject, ProtocolBreak } from "./protocol_break.ts";
import { ToolCallAssembler } from "./tool_call_assembler.ts";

/** What one chunk brought. */
export interface Added {
  /** A piece of the answer's text; often empty. */
  readonly text: string;
  /** False for chunks that carry nothing, which some servers send to keep a connection alive. */
  readonly progress: boolean;
}

/** An answer as the server sent it. */
export interface AssembledAnswer {
  readonly message: AssistantMessage;
  readonly finish_reason: string;
  /** What the server counted; absent or partial where it did not. */
  readonly usage: { readonly input_tokens?: number; readonly output_tokens?: number };
  readonly model: string | undefined;
}

export class AnswerAssembler {
  readonly #calls = new ToolCallAssembler();
  readonly #max_characters: number;
  #text = "";
  #refusal = "";
  #size = 0;
  #chosen = false;
  #finish_reason = "";
  #usage: Record<string, unknown> = {};
  #model: string | undefined;

  /** @param max_characters of text and tool arguments together */
  constructor(max_characters: number) {
    this.#max_characters = max_characters;
  }

  /** A `finish_reason` has come: what follows can only be usage and the end. */
  get finished(): boolean {
    return this.#finish_reason !== "";
  }

  /** @throws {ProtocolBreak} when the answer grows too long */
  add(chunk: unknown): Added {
    const { model, usage, choices } = asObject(chunk) ?? {};
    if (typeof model === "string" && model !== "") this.#model = model;
    const counted = asObject(usage);
    if (counted !== undefined) this.#usage = counted;
    const choice = first(choices);
    if (choice === undefined) return { text: "", progress: counted !== undefined };
    this.#chosen = true;
    const delta = asObject(choice.delta) ?? {};
    const text = this.#addDelta(delta);
    const { finish_reason } = choice;
    if (typeof finish_reason === "string" && finish_reason !== "") {
      this.#finish_reason = finish_reason;
    }
    return { text, progress: carriesSomething(delta) || this.finished };
  }

  /**
   * The whole answer.
   *
   * @param ended the server said itself that this was all (`[DONE]`, or a whole JSON body)
   * @throws {ProtocolBreak} when it is no whole answer
   */
  finish(ended: boolean): AssembledAnswer {
    if (!this.#chosen) throw new ProtocolBreak("it answered without any choice");
    const tool_calls = this.#calls.finish();
    if (!this.finished && !(ended && (this.#size > 0 || tool_calls.length > 0))) {
      throw new ProtocolBreak(
        this.#size === 0
          ? "it ended its answer before it had begun"
          : "it broke off in the middle of its answer",
      );
    }
    const text = this.#text === "" ? this.#refusal : this.#text;
    const has_calls = tool_calls.length > 0;
    return {
      message: {
        role: "assistant",
        content: text === "" && has_calls ? null : text,
        ...(has_calls ? { tool_calls } : {}),
      },
      finish_reason: this.#finish_reason || (has_calls ? "tool_calls" : "stop"),
      usage: {
        ...count("input_tokens", this.#usage.prompt_tokens),
        ...count("output_tokens", this.#usage.completion_tokens),
      },
      model: this.#model,
    };
  }

  #addDelta(delta: Record<string, unknown>): string {
    const text = textOf(delta.content);
    const refusal = textOf(delta.refusal);
    this.#text += text;
    this.#refusal += refusal;
    this.#size += text.length + refusal.length;
    const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls : [];
    for (const call of calls) this.#size += this.#calls.add(call);
    if (this.#size > this.#max_characters) {
      throw new ProtocolBreak(
        `its answer is longer than ${this.#max_characters.toLocaleString("en")} characters`,
      );
    }
    return text;
  }
}

/** The first choice: we never ask for more than one. */
function first(choices: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(choices)) return undefined;
  const objects = choices.map(asObject);
  return objects.find((choice) => choice !== undefined && (choice.index ?? 0) === 0) ?? objects[0];
}

/** Text, or the text parts of a list, which some servers send. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => textOf(asObject(part)?.text)).join("");
}

/** Reasoning comes under many names, so any field but the role counts as a sign of life. */
function carriesSomething(delta: Record<string, unknown>): boolean {
  return Object.entries(delta).some(([name, value]) =>
    name !== "role" &&
    (typeof value === "string" || Array.isArray(value)
      ? value.length > 0
      : asObject(value) !== undefined)
  );
}

function count<Name extends string>(name: Name, value: unknown): { [Key in Name]?: number } {
  const is_count = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  return (is_count ? { [name]: value } : {}) as { [Key in Name]?: number };
}
