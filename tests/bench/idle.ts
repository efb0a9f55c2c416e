/**
 * What a service with nothing to do takes, and an open chat that nobody types in. Both are looked at
 * over the same minutes, in the same directory.
 */
import { join } from "@std/path";
import { sleep } from "../../lib/sleep.ts";
import { startChat } from "./chat_process.ts";
import { type Figure, MEGABYTE, scaled, type Section } from "./figure.ts";
import { childrenOf, type Used, usedBy, wokenBetween } from "./process_figures.ts";
import { ServiceProcess } from "./service_process.ts";

/** One round, seconds. */
const SECONDS = 60;
/** What a start leaves to do is done by then, milliseconds. */
const SETTLE_MS = 5_000;

/** Figures of one process, one a round. */
interface Idle {
  readonly processor: number[];
  readonly wakeups: number[];
  readonly memory: number[];
}

export const idle: Section = {
  letter: "j",
  title: "Idle",
  async run({ root, rounds, scale, progress }) {
    const directory = join(root, "idle", "persistent");
    Deno.mkdirSync(directory, { recursive: true });
    const env = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1", OPENAI_API_KEY: "" };
    await using service = await ServiceProcess.start({ directory, concurrency: 4, env });
    await using chat = await startChat(directory);
    const processes = [service.pid, await programIn(chat.pid)];
    const figures = processes.map((): Idle => ({ processor: [], wakeups: [], memory: [] }));
    const seconds = scaled(SECONDS, scale);
    await sleep(Math.min(SETTLE_MS, seconds * 1000));
    for (let round = 1; round <= rounds; round++) {
      progress(`idle for ${seconds} s, round ${round}`);
      const before = await Promise.all(processes.map(usedBy));
      const began = performance.now();
      await sleep(seconds * 1000);
      const lasted = performance.now() - began;
      const after = await Promise.all(processes.map(usedBy));
      for (const [index, figure] of figures.entries()) {
        add(figure, before[index]!, after[index]!, lasted);
      }
    }
    const [ofService, ofChat] = figures;
    return [
      ...toFigures("idle service", ofService!, { processor: 0.2, memory: 100 }),
      ...toFigures("idle chat", ofChat!),
    ];
  },
};

function add(idle: Idle, before: Used, after: Used, lasted: number): void {
  idle.processor.push((after.processor_ms - before.processor_ms) / lasted * 100);
  idle.wakeups.push(wokenBetween(before, after) / lasted * 1000);
  idle.memory.push(after.memory / MEGABYTE);
}

function toFigures(
  name: string,
  { processor, wakeups, memory }: Idle,
  most?: { readonly processor: number; readonly memory: number },
): Figure[] {
  const must = (bound: number | undefined) => bound === undefined ? {} : { must: { most: bound } };
  return [
    {
      section: "j",
      name: `${name}: share of a core`,
      unit: "%",
      values: processor,
      ...must(most?.processor),
    },
    { section: "j", name: `${name}: wake-ups`, unit: "a second", values: wakeups },
    { section: "j", name: `${name}: memory`, unit: "MB", values: memory, ...must(most?.memory) },
  ];
}

// `script` starts a shell, which becomes the program.
async function programIn(script: number): Promise<number> {
  const [pid] = await childrenOf(script);
  if (pid === undefined) throw new Error("the chat has ended");
  return pid;
}
