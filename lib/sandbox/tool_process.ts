/** One process of one tool, ready for calls, one at a time. */
import { ArtifactIntake } from "./artifact_intake.ts";
import type { SandboxLimits } from "./limits.ts";
import { plainText } from "./plain_text.ts";
import { ProcessChannel, type ProcessChannelOptions } from "./process_channel.ts";
import type { ToolCall, ToolResult } from "./toolbox.ts";
import type { FromProcess } from "./wire.ts";

/** Options of {@linkcode ToolProcess}. */
export interface ToolProcessOptions extends Omit<ProcessChannelOptions, "onMessage"> {
  readonly name: string;
  /** The tool's file, a `file:` URL. */
  readonly module: string;
  readonly settings: unknown;
  readonly timeout_seconds: number;
}

type Artifact = Extract<FromProcess, { type: "artifact" }>;
type Answer = Extract<FromProcess, { type: "answer" }>;

interface CurrentCall {
  readonly id: string;
  readonly artifacts: ArtifactIntake;
  readonly settle: (result: ToolResult) => void;
}

// Of what a tool says of its failures, so much goes to the model.
const ERROR_LENGTH = 4000;

/** Starts at once; `ready` tells when it can take a call, or why not. */
export class ToolProcess {
  /** `undefined` when it is ready, else the reason as a clause about the tool ("it …"). */
  readonly ready: Promise<string | undefined>;
  readonly channel: ProcessChannel;
  readonly #options: ToolProcessOptions;
  #settleReady: ((failure: string | undefined) => void) | undefined;
  #current: CurrentCall | undefined;

  /** @throws {Error} when the program cannot be started */
  constructor(options: ToolProcessOptions) {
    this.#options = options;
    this.channel = new ProcessChannel({ ...options, onMessage: (m) => this.#receive(m) });
    this.ready = this.#start();
  }

  /** Runs one call, unless it is cancelled by now. An error is a text that names the tool. */
  async call(call: ToolCall): Promise<ToolResult> {
    const { args = {}, task_id, conversation_id, idempotency_key, signal, onArtifact } = call;
    const { name, limits } = this.#options;
    if (signal.aborted) {
      return { ok: false, error: `The tool "${name}" was not started: it was cancelled.` };
    }
    const id = crypto.randomUUID();
    this.channel.renewPrinting();
    try {
      const of = { task_id, conversation_id, idempotency_key };
      this.channel.send({ type: "call", call: id, args, ...of });
    } catch (error) {
      return this.#failure(`its arguments are nothing that can be sent (${error})`);
    }
    const { promise, resolve } = Promise.withResolvers<ToolResult>();
    const artifacts = new ArtifactIntake(onArtifact, limits);
    this.#current = { id, artifacts, settle: resolve };
    const stopTimer = this.#killAfter(
      this.#options.timeout_seconds * 1000,
      `it did not answer within ${this.#options.timeout_seconds} s and was stopped`,
    );
    const stopCancel = this.#onAbort(id, signal);
    const ended = this.channel.ended.then((why) => this.#failure(why));
    const result = await Promise.race([promise, ended]);
    stopTimer();
    stopCancel();
    this.#current = undefined;
    return result;
  }

  async #start(): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#settleReady = resolve;
    const { limits, memory_mb, module, settings } = this.#options;
    this.channel.send({
      type: "init",
      mode: "run",
      ...initFields(this.channel, memory_mb, limits, module),
    });
    this.channel.send({ type: "settings", settings });
    const stopTimer = this.#killAfter(
      limits.start_seconds * 1000,
      `it was not ready within ${limits.start_seconds} s of its start and was stopped`,
    );
    const failure = await Promise.race([promise, this.channel.ended]);
    stopTimer();
    if (failure !== undefined) this.channel.kill(failure);
    return failure;
  }

  #receive(message: FromProcess): boolean {
    if (message.type === "ready") return this.#becomeReady(undefined);
    if (message.type === "failed") return this.#becomeReady(plainText(message.error, ERROR_LENGTH));
    const current = this.#current;
    if (!("call" in message) || current === undefined || message.call !== current.id) return false;
    if (message.type === "artifact") this.#keep(message, current.artifacts).catch(() => {});
    else {
      this.#current = undefined;
      current.settle(this.#result(message));
    }
    return true;
  }

  #becomeReady(failure: string | undefined): boolean {
    const isFirst = this.#settleReady !== undefined;
    this.#settleReady?.(failure);
    this.#settleReady = undefined;
    return isFirst;
  }

  // The process has checked the length too, but its code shares everything with the tool's.
  #result({ ok, text }: Answer): ToolResult {
    if (!ok) return this.#failure(plainText(text, ERROR_LENGTH));
    const limit = this.#options.limits.answer_bytes;
    const { length } = new TextEncoder().encode(text);
    if (length <= limit) return { ok: true, output: text };
    return this.#failure(`it answered with ${length} bytes, expected at most ${limit}`);
  }

  async #keep({ artifact, name, base64 }: Artifact, intake: ArtifactIntake): Promise<void> {
    const taken = await intake.take(name, base64);
    if (taken.kind === "too_much") return this.channel.kill(taken.why);
    const kept = taken.kind === "kept"
      ? { name: taken.name, error: null }
      : { name: null, error: taken.error };
    this.channel.send({ type: "artifact_kept", artifact, ...kept });
  }

  #failure(why: string): ToolResult {
    return { ok: false, error: `The tool "${this.#options.name}" failed: ${why}.` };
  }

  #killAfter(ms: number, why: string): () => void {
    const timer = setTimeout(() => this.channel.kill(why), ms);
    return () => clearTimeout(timer);
  }

  #onAbort(id: string, signal: AbortSignal): () => void {
    let stopTimer = () => {};
    const abort = () => {
      this.channel.send({ type: "cancel", call: id });
      stopTimer = this.#killAfter(
        this.#options.limits.cancel_grace_ms,
        "it was cancelled and stopped",
      );
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    return () => {
      signal.removeEventListener("abort", abort);
      stopTimer();
    };
  }
}

/** What the first message to every tool process holds, whatever it is for. */
export function initFields(
  channel: ProcessChannel,
  memory_mb: number,
  limits: SandboxLimits,
  module: string,
): {
  token: string;
  memory_mb: number;
  answer_bytes: number;
  artifact_bytes: number;
  module: string;
} {
  return {
    token: channel.token,
    memory_mb,
    answer_bytes: limits.answer_bytes,
    artifact_bytes: limits.artifact_bytes,
    module,
  };
}
