/** The toolbox whose tools run in processes of their own. */
import type { ToolPool } from "./tool_pool.ts";
import type { ToolProcess } from "./tool_process.ts";
import type { Toolbox, ToolCall, ToolEntry, ToolResult } from "./toolbox.ts";

/** A tool of the catalogue, with its processes where it may be used. */
export interface OpenTool {
  readonly entry: ToolEntry;
  readonly pool: ToolPool | undefined;
}

/** Hands each call to a process of its tool. */
export class ProcessToolbox implements Toolbox {
  readonly catalogue: readonly ToolEntry[];
  readonly #tools: ReadonlyMap<string, OpenTool>;
  #closed = false;

  constructor(opened: readonly OpenTool[]) {
    const entries = opened.map(({ entry }) => entry);
    this.catalogue = entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    this.#tools = new Map(opened.map((tool) => [tool.entry.name, tool]));
  }

  async call(call: ToolCall): Promise<ToolResult> {
    const tool = this.#tools.get(call.name);
    if (tool?.pool === undefined) return failure(this.#whyNot(call.name, tool?.entry));
    let process: ToolProcess | undefined;
    try {
      process = await this.#readyProcess(tool.pool, call);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      return failure(`The tool "${call.name}" cannot be run: ${why}.`);
    }
    if (process === undefined) return failure(this.#notStarted(call.name));
    try {
      await call.onStarted?.(process.channel.info);
      // While the start was written down, nothing has run yet; now is the last moment to say no.
      if (call.signal.aborted) return failure(this.#notStarted(call.name));
      return await process.call(call);
    } finally {
      tool.pool.release(process);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#tools.values()].map((tool) => tool.pool?.close()));
  }

  async #readyProcess(pool: ToolPool, call: ToolCall): Promise<ToolProcess | undefined> {
    const process = await pool.acquire(call.signal);
    if (process === undefined) return undefined;
    const kill = () => process.channel.kill("it was cancelled and stopped");
    if (call.signal.aborted) kill();
    else call.signal.addEventListener("abort", kill, { once: true });
    const problem = await process.ready;
    call.signal.removeEventListener("abort", kill);
    if (problem === undefined && !call.signal.aborted) return process;
    pool.release(process);
    if (call.signal.aborted) return undefined;
    throw new Error(problem);
  }

  #whyNot(name: string, entry: ToolEntry | undefined): string {
    if (entry !== undefined) return `The tool "${name}" cannot be used: ${entry.reason}.`;
    const names = this.catalogue.filter((e) => e.enabled).map((e) => e.name);
    const known = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
    return `There is no tool named "${name}": ${known}.`;
  }

  #notStarted(name: string): string {
    const why = this.#closed ? "the service is stopping" : "it was cancelled";
    return `The tool "${name}" was not started: ${why}.`;
  }
}

function failure(error: string): ToolResult {
  return { ok: false, error };
}
