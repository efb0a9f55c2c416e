/** One conversation: the person's messages, the model's answers, its tools, its notifications. */
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { Journals } from "../journal/journal.ts";
import { type AssistantMessage, type ChatModel, ModelError } from "../model/model.ts";
import type { Presence } from "../presence/presence.ts";
import type { TaskQueue } from "../queue/task_queue.ts";
import type { Notification } from "../task/notification.ts";
import { ask, type Sleep } from "./ask.ts";
import { MainTools, type ScheduledTask } from "./main_tools.ts";
import { requestMessages } from "./request_messages.ts";
import type { SessionLog } from "./session_log.ts";
import { systemPrompt } from "./system_prompt.ts";

/** Model calls in one turn; a model that only ever calls tools is stopped here. */
export const MAX_STEPS = 12;

export interface ConversationParts {
  readonly log: SessionLog;
  readonly model: ChatModel;
  readonly queue: TaskQueue;
  readonly artifacts: Artifacts;
  readonly journals: Journals;
  readonly presence: Presence;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep?: Sleep;
}

/** Why there is no answer, in one sentence for people. */
export interface TurnFailure {
  readonly message: string;
  /** Key, model or address are wrong: trying again changes nothing, the configuration must. */
  readonly configuration: boolean;
}

/** How a turn ended. What it scheduled stays scheduled in every case. */
export type TurnEnding =
  | { readonly kind: "answered"; readonly reply: string }
  /** The signal was aborted; `reply` is what had come by then. */
  | { readonly kind: "stopped"; readonly reply: string }
  | { readonly kind: "failed"; readonly failure: TurnFailure };

export type TurnResult = TurnEnding & { readonly tasks: readonly ScheduledTask[] };

export interface TurnOptions {
  readonly signal: AbortSignal;
  /** Called with each piece of text as it comes. Not yet safe for a terminal. */
  readonly onText?: (piece: string) => void;
  /** Called between one model answer's text and what follows it. */
  readonly onStep?: () => void;
  readonly onScheduled?: (task: ScheduledTask) => void;
  /** Called before each call of one of main's tools, with its name as the model gave it. */
  readonly onCall?: (name: string) => void;
  /** Called where the model did not answer and is asked again after so many milliseconds. */
  readonly onRetry?: (wait_ms: number) => void;
}

export class Conversation {
  constructor(private readonly parts: ConversationParts) {}

  get id(): string {
    return this.parts.log.conversation_id;
  }

  /** The person's messages so far, oldest first. */
  get questions(): string[] {
    return this.parts.log.entries.flatMap((e) => e.role === "user" ? [e.content] : []);
  }

  /** Lines of the log that could not be read. */
  get skipped(): number {
    return this.parts.log.skipped;
  }

  /** One turn: the person's words, the model's answer with its tools. Never two at a time. */
  async send(text: string, options: TurnOptions): Promise<TurnResult> {
    const { log, queue, artifacts, journals, now } = this.parts;
    const tasks: ScheduledTask[] = [];
    const onScheduled = (task: ScheduledTask) => {
      tasks.push(task);
      options.onScheduled?.(task);
    };
    const conversation_id = this.id;
    const tools = new MainTools({ queue, artifacts, journals, conversation_id, now, onScheduled });
    await log.append({ role: "user", content: text });
    return { ...await this.#answer(tools, options), tasks };
  }

  async #answer(tools: MainTools, options: TurnOptions): Promise<TurnEnding> {
    for (let step = 1; step <= MAX_STEPS; step++) {
      const answer = await this.#step(tools, options);
      if (answer.kind !== "message") return answer;
      const calls = answer.message.tool_calls ?? [];
      if (calls.length === 0) return { kind: "answered", reply: answer.message.content ?? "" };
      options.onStep?.();
      await this.#runCalls(tools, calls, options);
      if (options.signal.aborted) return { kind: "stopped", reply: "" };
    }
    const message = `The model called tools ${MAX_STEPS} times without an answer and was stopped`;
    return { kind: "failed", failure: { message, configuration: false } };
  }

  async #step(
    tools: MainTools,
    { signal, onText, onRetry }: TurnOptions,
  ): Promise<TurnEnding | { kind: "message"; message: AssistantMessage }> {
    const { log, model, sleep } = this.parts;
    let shown = "";
    try {
      const answer = await ask(model, {
        messages: requestMessages(await this.#prompt(), log.entries),
        tools: tools.declarations(),
        signal,
        onText: (piece) => {
          shown += piece;
          onText?.(piece);
        },
        ...(onRetry === undefined ? {} : { onRetry }),
      }, sleep);
      await log.append(answer.message);
      return { kind: "message", message: answer.message };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      const stopped = error.kind === "aborted" || signal.aborted;
      if (stopped || shown !== "") {
        await log.append({ role: "assistant", content: shown, stopped: true });
      }
      if (stopped) return { kind: "stopped", reply: shown };
      return { kind: "failed", failure: failureOf(error) };
    }
  }

  // One after another, in the model's order: "schedule, then list" must see what it scheduled.
  async #runCalls(
    tools: MainTools,
    calls: NonNullable<AssistantMessage["tool_calls"]>,
    { signal, onCall }: TurnOptions,
  ): Promise<void> {
    for (const call of calls) {
      if (!signal.aborted) onCall?.(call.function.name);
      const content = signal.aborted
        ? '{"error":"Not carried out: the person stopped the answer."}'
        : await tools.call(call.function.name, call.function.arguments, signal);
      await this.parts.log.append({ role: "tool", tool_call_id: call.id, content });
    }
  }

  /** The system prompt, once it is known when the first message that is sent was sent. */
  async #prompt(): Promise<(since: number | undefined) => string> {
    const services = await this.parts.presence.live();
    const names = new Set(
      services.flatMap(({ tools }) =>
        tools.filter((tool) => tool.enabled).map((tool) => tool.name)
      ),
    );
    const background_tools = services.length === 0
      ? undefined
      : [...names].toSorted().map((name) => ({ name }));
    return (since = this.parts.now()) => systemPrompt({ since, background_tools });
  }

  /** Keeps what the person was shown, so that the model is told of it with the next message. */
  async notified(notification: Notification): Promise<void> {
    if (this.parts.log.hasNotification(notification.id)) return;
    await this.parts.log.append({ role: "notification", notification });
  }

  /** Whether a background service is running now. */
  async serviceRuns(): Promise<boolean> {
    return (await this.parts.presence.live()).length > 0;
  }

  /** Lets go of the conversation; another process can take it up. */
  close(): Promise<void> {
    return this.parts.log.close();
  }
}

function failureOf({ message, kind, status }: ModelError): TurnFailure {
  const configuration = kind === "rejected" && [401, 403, 404].includes(status ?? 0);
  return { message, configuration };
}
