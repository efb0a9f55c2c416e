/** What the rest of the program knows of a model: one call, an answer or a told-apart error. */
import type { AssistantMessage, ToolCallRequest } from "../task/journal_entry.ts";

/** A message of a conversation in the chat-completions form. */
export type ChatMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: string }
  | AssistantMessage
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

/** A tool as the model is told of it. */
export interface ToolDeclaration {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
}

export interface ModelRequest {
  readonly messages: readonly ChatMessage[];
  /** None when absent or empty. */
  readonly tools?: readonly ToolDeclaration[];
  /** Overrides the model's configured name. */
  readonly model?: string;
  readonly signal?: AbortSignal;
  /** Called with each piece of the answer's text as it streams in. */
  readonly onText?: (piece: string) => void;
}

export interface ModelAnswer {
  readonly message: AssistantMessage;
  readonly finish_reason: string;
  /** As the server counted it; else estimated (about four characters a token) and marked. */
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly estimated: boolean;
  };
  /** The name that the server says answered, else the one asked for. */
  readonly model: string;
}

export interface ChatModel {
  /** The model's name, for logs and for services/. */
  readonly name: string;
  /**
   * Asks once; never retries by itself.
   *
   * @throws {ModelError} on every failure, told apart by `kind`
   */
  complete(request: ModelRequest): Promise<ModelAnswer>;
}

/**
 * - `rate_limited`: 429. `retry_after_ms` is the server's word, of any length.
 * - `unavailable`: 5xx, 408, 409, network, time-out, or an answer that breaks the protocol.
 * - `rejected`: any other 4xx. Trying again changes nothing.
 * - `aborted`: the caller's signal.
 */
export type ModelErrorKind = "rate_limited" | "unavailable" | "rejected" | "aborted";

export class ModelError extends Error {
  override name = "ModelError";
  readonly kind: ModelErrorKind;
  readonly status: number | undefined;
  readonly retry_after_ms: number | undefined;
  constructor(
    kind: ModelErrorKind,
    message: string,
    options: { status?: number; retry_after_ms?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.status = options.status;
    this.retry_after_ms = options.retry_after_ms;
  }
}

export type { AssistantMessage, ToolCallRequest };
