/** `deno task soak`: a storm of any length. Exit code 1 where a promise was broken. */
import { parseArgs } from "@std/cli";
import { openFileEngine } from "./file_engine.ts";
import { rage, type StormReport } from "./storm.ts";
import type { OpenEngine } from "./storm_engine.ts";

async function say(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(line + "\n"));
}

function numberOf(name: string, text: unknown, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`--${name}: expected a number over 0, got "${text}"`);
}

/** By the name of `--queue`: loaded only when it is asked for. */
const ENGINES: Readonly<Record<string, () => Promise<OpenEngine>>> = {
  files: () => Promise.resolve(openFileEngine),
  redis: async () => (await import("./redis/redis_engine.ts")).openRedisEngine,
};

function engineOf(name: string): Promise<OpenEngine> {
  const load = ENGINES[name];
  if (load !== undefined) return load();
  const known = Object.keys(ENGINES).join(" or ");
  throw new RangeError(`--queue: expected ${known}, got "${name}"`);
}

async function print({ violations, strikes, ...counts }: StormReport): Promise<void> {
  for (const [name, value] of Object.entries({ ...counts, ...strikes })) {
    await say(`${name.replaceAll("_", " ").padEnd(22)} ${value}`);
  }
  await say(`${"violations".padEnd(22)} ${violations.length}`);
  for (const violation of violations.slice(0, 50)) await say(`  ${violation}`);
}

if (import.meta.main) {
  const args = parseArgs(Deno.args.filter((arg) => arg !== "--"), {
    string: ["queue", "minutes", "durability", "seed", "rate", "between-deaths-ms"],
  });
  const seed = numberOf("seed", args.seed, Math.floor(Math.random() * 1e9));
  const durability = args.durability === "relaxed" ? "relaxed" : "full";
  const queue = String(args.queue ?? "files");
  const engine = await engineOf(queue);
  await say(`seed ${seed}, queue in ${queue}, durability ${durability}`);
  const report = await rage({
    engine,
    seconds: numberOf("minutes", args.minutes, 1) * 60,
    durability,
    seed,
    rate: numberOf("rate", args.rate, 80),
    between_deaths_ms: numberOf("between-deaths-ms", args["between-deaths-ms"], 1_900),
    onProgress: say,
  });
  await print(report);
  Deno.exitCode = report.violations.length === 0 ? 0 : 1;
}
