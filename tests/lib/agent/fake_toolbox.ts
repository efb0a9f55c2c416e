import type {
  Effects,
  Toolbox,
  ToolCall,
  ToolEntry,
  ToolResult,
} from "../../../lib/sandbox/toolbox.ts";

/** A tool as a test writes it: an output, an error result, or what it does. */
export interface FakeTool {
  readonly effects?: Effects;
  readonly enabled?: boolean;
  readonly reason?: string;
  readonly run?: (call: ToolCall) => string | ToolResult | Promise<string | ToolResult>;
  /** Fails before any process is ready for it. */
  readonly unreachable?: string;
}

/** Tools in this process. Like the real toolbox it never throws and runs nothing unannounced. */
export class FakeToolbox implements Toolbox {
  readonly catalogue: readonly ToolEntry[];
  /** The calls whose code has run, in order. */
  readonly ran: ToolCall[] = [];
  #running = 0;
  /** The most calls that ran at one time. */
  highest = 0;

  constructor(private readonly tools: Readonly<Record<string, FakeTool>>) {
    this.catalogue = Object.entries(tools).map(([name, tool]) => ({
      name,
      description: `The tool ${name}.`,
      parameters: { type: "object" },
      permissions: {},
      effects: tool.effects ?? "none",
      timeout_seconds: 10,
      memory_mb: 64,
      enabled: tool.enabled ?? true,
      reason: tool.reason ?? null,
    }));
  }

  get keys(): string[] {
    return this.ran.map((call) => call.idempotency_key);
  }

  async call(call: ToolCall): Promise<ToolResult> {
    const tool = this.tools[call.name];
    if (tool === undefined) return { ok: false, error: `no tool ${call.name}` };
    if (tool.unreachable !== undefined) return { ok: false, error: tool.unreachable };
    try {
      await call.onStarted?.({
        pid: 4711,
        process_started_at: "2026-01-01T00:00:00.000Z",
        instance: "fake",
      });
      this.ran.push(call);
      this.highest = Math.max(this.highest, ++this.#running);
      const result = await (tool.run?.(call) ?? "done");
      return typeof result === "string" ? { ok: true, output: result } : result;
    } catch (error) {
      return { ok: false, error: `the tool failed: ${error}` };
    } finally {
      this.#running--;
    }
  }

  async close(): Promise<void> {}
}

/** A tool's code that runs until its call is aborted. */
export function untilAborted(onRunning: () => void = () => {}): NonNullable<FakeTool["run"]> {
  return ({ signal }) =>
    new Promise((resolve) => {
      const abort = () => resolve({ ok: false, error: "The tool was stopped." });
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      onRunning();
    });
}
