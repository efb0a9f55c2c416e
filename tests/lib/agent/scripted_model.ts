import type { ChatModel, ModelAnswer, ModelRequest } from "../../../lib/model/model.ts";
import { ModelError } from "../../../lib/model/model.ts";
import type { AssistantMessage } from "../../../lib/task/journal_entry.ts";

/** An answer as a script writes it. */
export interface ScriptedAnswer {
  readonly text?: string | null;
  /** `[call id, tool name, arguments]`; a text goes out as it is. */
  readonly calls?: readonly (readonly [string, string, unknown])[];
  readonly finish_reason?: string;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly refusal?: string;
}

/** One reply, or how it comes about. */
export type Reply =
  | ScriptedAnswer
  | Error
  | ((request: ModelRequest) => ScriptedAnswer | Promise<ScriptedAnswer>);

/** A model that follows a script; by default each call takes the next reply. */
export class ScriptedModel implements ChatModel {
  readonly name = "scripted";
  readonly requests: ModelRequest[] = [];

  constructor(
    private readonly replies: readonly Reply[],
    private readonly pick: (request: ModelRequest, call: number) => number = (_, call) => call,
  ) {}

  async complete(request: ModelRequest): Promise<ModelAnswer> {
    // The messages as they are now, and not what becomes of them.
    this.requests.push({ ...request, messages: structuredClone(request.messages) });
    const reply = this.replies[this.pick(request, this.requests.length - 1)];
    if (reply === undefined) throw new Error(`no reply for call ${this.requests.length}`);
    if (reply instanceof Error) throw reply;
    return answerOf(typeof reply === "function" ? await reply(request) : reply);
  }
}

/** Picks the reply by how many answers the model sees of itself: it keeps no state of its own. */
export function byAnswersSeen(request: ModelRequest): number {
  return request.messages.filter((message) => message.role === "assistant").length;
}

/** A reply that never comes: it ends with the request's signal, as the real client does. */
export function hanging(onAsked: () => void = () => {}): Reply {
  return (request) =>
    new Promise((_, reject) => {
      const abort = () => reject(new ModelError("aborted", "aborted"));
      if (request.signal?.aborted) return abort();
      request.signal?.addEventListener("abort", abort, { once: true });
      onAsked();
    });
}

function answerOf(reply: ScriptedAnswer): ModelAnswer {
  const { text = null, calls, refusal } = reply;
  const tool_calls = calls?.map(([id, name, args]) => ({
    id,
    type: "function" as const,
    function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
  }));
  const message: AssistantMessage = {
    role: "assistant",
    content: text,
    ...(tool_calls === undefined ? {} : { tool_calls }),
    ...(refusal === undefined ? {} : { refusal }),
  };
  return {
    message,
    finish_reason: reply.finish_reason ?? (calls ? "tool_calls" : "stop"),
    usage: {
      input_tokens: reply.input_tokens ?? 10,
      output_tokens: reply.output_tokens ?? 5,
      estimated: false,
    },
    model: "scripted-1",
  };
}
