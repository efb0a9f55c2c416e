/** One process of one tool, ready for calls, one at a time. */
import type { SandboxLimits } from "./limits.ts";
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

interface CurrentCall {
  readonly id: string;
  readonly call: ToolCall;
  artifactBytes: number;
  readonly settle: (result: ToolResult) => void;
}

/** Starts at once; `ready` tells when it can take a call, or why not. */
export class ToolProcess {
  /** `undefined` when it is ready, else the reason as a clause about the tool ("it …"). */
  readonly ready: Promise<string | undefined>;
  readonly channel: ProcessChannel;
  readonly #options: ToolProcessOptions;
  #settleReady: (failure: string | undefined) => void = () => {};
  #current: CurrentCall | undefined;

  /** @throws {Error} when the program cannot be started */
  constructor(options: ToolProcessOptions) {
    this.#options = options;
    this.channel = new ProcessChannel({ ...options, onMessage: (m) => this.#receive(m) });
    this.ready = this.#start();
  }

  /** Runs one call. An error is a text that names the tool. */
  async call(call: ToolCall): Promise<ToolResult> {
    const { promise, resolve } = Promise.withResolvers<ToolResult>();
    const id = crypto.randomUUID();
    this.#current = { id, call, artifactBytes: 0, settle: resolve };
    this.channel.renewPrinting();
    const { args = {}, task_id, idempotency_key } = call;
    this.channel.send({ type: "call", call: id, args, task_id, idempotency_key });
    const stopTimer = this.#killAfter(
      this.#options.timeout_seconds * 1000,
      `it did not answer within ${this.#options.timeout_seconds} s and was stopped`,
    );
    const stopCancel = this.#onAbort(id, call.signal);
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

  #receive(message: FromProcess): void {
    if (message.type === "ready") this.#settleReady(undefined);
    else if (message.type === "failed") this.#settleReady(message.error);
    else if (message.type === "artifact") this.#keep(message);
    else if (message.type === "answer" && message.call === this.#current?.id) {
      this.#current.settle(
        message.ok ? { ok: true, output: message.text } : this.#failure(message.text),
      );
    }
  }

  async #keep({ call, artifact, name, base64 }: Artifact): Promise<void> {
    const current = this.#current;
    if (current === undefined || call !== current.id) return;
    const bytes = (Uint8Array as unknown as { fromBase64(text: string): Uint8Array })
      .fromBase64(base64);
    current.artifactBytes += bytes.length;
    const limit = this.#options.limits.call_artifact_bytes;
    if (current.artifactBytes > limit) {
      this.channel.kill(
        `it made more than ${limit} bytes of artifacts in one call and was stopped`,
      );
      return;
    }
    try {
      const kept = await current.call.onArtifact(name, bytes);
      this.channel.send({ type: "artifact_kept", artifact, name: kept, error: null });
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      this.channel.send({ type: "artifact_kept", artifact, name: null, error });
    }
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
