/** A thread that runs the ranges of seeds it is sent. */
import { loadEngine } from "./engine.ts";
import { runRange } from "./seed_range.ts";

interface WorkerScope {
  onmessage: (event: MessageEvent<{ from: number; count: number }>) => void;
  postMessage(result: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;
const engine = loadEngine();

scope.onmessage = async ({ data }) => {
  scope.postMessage(await runRange(await engine, data.from, data.count));
};
