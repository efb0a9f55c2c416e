/** What a tool call costs: in a new process, in one that is there, and many at once. */
import { join } from "@std/path";
import { loadConfig } from "../../lib/config.ts";
import { openToolbox } from "../../lib/sandbox/open_toolbox.ts";
import type { Toolbox } from "../../lib/sandbox/toolbox.ts";
import { type BenchOptions, type Figure, percentile, scaled, type Section } from "./figure.ts";

const WARM_CALLS = 300;
const AT_ONCE = 20;
const NEVER = new AbortController().signal;

interface Round {
  readonly cold: number;
  readonly warm: number;
  readonly many: number;
  /** A `deno` that prints a line and nothing else, measured beside it. */
  readonly bare: number;
}

export const tools: Section = {
  letter: "g",
  title: "Tool calls",
  async run(options) {
    const rounds: Round[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      options.progress(`tool calls, round ${round}`);
      rounds.push(await once(join(options.root, `tools-${round}`), options));
    }
    return figures(rounds);
  },
};

function figures(rounds: readonly Round[]): Figure[] {
  const of = (name: keyof Round) => rounds.map((round) => round[name]);
  return [
    {
      section: "g",
      name: "tool call, in a process that has to be started",
      unit: "ms",
      values: of("cold"),
      must: { most: 80 },
      compared: [{ to: "starting a bare deno", values: of("bare") }],
    },
    {
      section: "g",
      name: "tool call, in a warm process, p50",
      unit: "ms",
      values: of("warm"),
      must: { most: 2 },
    },
    {
      section: "g",
      name: `${AT_ONCE} tool calls at once, until the last has ended`,
      unit: "ms",
      values: of("many"),
    },
  ];
}

async function once(root: string, { scale }: BenchOptions): Promise<Round> {
  Deno.mkdirSync(root);
  Deno.writeTextFileSync(join(root, "tools.json"), "{}");
  const toolbox = await openToolbox({
    tools_file: join(root, "tools.json"),
    persistent_dir: join(root, "persistent"),
    environment: loadConfig({ flags: { dir: root } }).tool_environment,
  });
  try {
    const bare = await time(startBareDeno);
    const cold = await time(() => calculate(toolbox));
    const warm: number[] = [];
    for (let n = scaled(WARM_CALLS, scale, 5); n > 0; n--) {
      warm.push(await time(() => calculate(toolbox)));
    }
    const crowd = () => Promise.all(Array.from({ length: AT_ONCE }, () => calculate(toolbox)));
    // The first crowd starts the processes that the second finds.
    await crowd();
    const many = await time(crowd);
    return { bare, cold, warm: percentile(warm.sort((a, b) => a - b), 0.5), many };
  } finally {
    await toolbox.close();
  }
}

async function calculate(toolbox: Toolbox): Promise<void> {
  const result = await toolbox.call({
    name: "calculate",
    args: { expression: "6 * 7" },
    task_id: "bench",
    conversation_id: "bench",
    idempotency_key: "bench/1/1",
    signal: NEVER,
    onArtifact: (name) => Promise.resolve(name),
  });
  if (!result.ok || result.output !== "42") {
    throw new Error(`the tool answered ${JSON.stringify(result)}`);
  }
}

async function startBareDeno(): Promise<void> {
  const { success } = await new Deno.Command("deno", {
    args: ["eval", "--no-config", "--no-lock", "0"],
    stdout: "null",
  }).output();
  if (!success) throw new Error("deno did not start");
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
