/** The storm: services that die all the time, under load from all sides; then a count. */
import { join } from "@std/path";
import { sleep } from "../../lib/sleep.ts";
import { Random } from "../simulation/random.ts";
import { eventually } from "../support/eventually.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { type Program, PROJECT } from "../support/program.ts";
import { copyProjectWithMarks } from "../support/project_copy.ts";
import { Scene, type StartOptions } from "../support/scene.ts";
import { count, type Report } from "./count.ts";
import { cancel, duplicate, produce, read, retry, type World } from "./people.ts";
import { Services } from "./services.ts";
import type { OpenEngine, StormEngine, Strikes } from "./storm_engine.ts";
import { Witness } from "./witness.ts";
import { Oracle } from "./workload.ts";

export interface StormOptions {
  /** What keeps the queue. */
  readonly engine: OpenEngine;
  /** How long tasks are handed in and services killed. */
  readonly seconds: number;
  readonly durability: "full" | "relaxed";
  readonly seed: number;
  /** Tasks a second at most. */
  readonly rate: number;
  /** Milliseconds between two deaths, on average. */
  readonly between_deaths_ms: number;
  /** Told of how it goes, now and then. */
  readonly onProgress?: (line: string) => Promise<void> | void;
}

/** What was counted; a storm is survived where `violations` is empty. */
export interface StormReport extends Report {
  readonly seconds: number;
  readonly kills: number;
  readonly stops: number;
  readonly freezes: number;
  readonly starts: number;
  /** What the engine had to suffer besides. */
  readonly strikes: Strikes;
}

const SERVICES = 4;
const CONCURRENCY = 8;
const PROGRESS_MS = 30_000;
/** After the storm the services that are left finish what there is, in seconds. */
const CALM_SECONDS = 120;

/** Lets it rage. */
export async function rage(options: StormOptions): Promise<StormReport> {
  const chance = (stream: number) => new Random(options.seed, stream);
  const entries: World["entries"] = new Map();
  const oracle = new Oracle(chance(1), (id) => entries.get(id)?.kind);
  await using project = await copyProjectWithStormTools();
  await using scene = await Scene.open({
    DURABILITY: options.durability,
    TASK_CONCURRENCY: String(CONCURRENCY),
    LOG_LEVEL: "fatal",
  }, { project: project.directory });
  await using engine = await options.engine({ scene, durability: options.durability, chance });
  await using model = await startModelServer((request) => oracle.answer(request), engine.address);
  const witness = new Witness(engine.storage);
  const world: World = { engine, entries, oracle, witness, faults: [], shown: 0 };
  const services = new Services(
    SERVICES,
    (slot) => startService(scene, engine.service(slot), model),
    chance(2),
    engine.freeze,
  );
  const began = performance.now();
  const strikes = await liveThrough(options, world, services);
  const { kills, stops, freezes, starts, faults } = services;
  world.faults.push(...faults, ...await witness.faults());
  const seconds = Math.round((performance.now() - began) / 1_000);
  const counted = count(world, await engine.remains(), join(scene.root, "workspace"));
  if (counted.violations.length > 0) await keepEvidence(scene, engine, options);
  return { seconds, kills, stops, freezes, starts, strikes, ...counted };
}

function startService(scene: Scene, how: StartOptions, model: ModelServer): Program {
  const env = { OPENAI_BASE_URL: model.base_url, ...how.env };
  return scene.start("background", ["--grace", "2"], { ...how, env });
}

/** The storm and the calm after it; all services have ended then. */
async function liveThrough(
  options: StormOptions,
  world: World,
  services: Services,
): Promise<Strikes> {
  const readers = read(world, new Random(options.seed, 3));
  const expect = (what: string, look: () => Promise<boolean>) =>
    eventually(what, look, CALM_SECONDS).catch((error) => void world.faults.push(String(error)));
  try {
    const strikes = await underFire(options, world, services);
    await expect("everything has ended", () => world.engine.isCalm());
    await services.end();
    await expect("all notifications are shown", () => isAllShown(world));
    return strikes;
  } finally {
    readers.close();
    await services.end();
  }
}

/** What lies there after a broken promise, for a look. */
async function keepEvidence(
  scene: Scene,
  engine: StormEngine,
  { onProgress }: StormOptions,
): Promise<void> {
  const kept = await Deno.makeTempDir({ prefix: "bts-storm-" });
  await new Deno.Command("cp", { args: ["-R", scene.root, kept] }).output();
  await engine.keep(kept);
  await onProgress?.(`everything that lies there was kept in "${kept}"`);
}

async function underFire(
  options: StormOptions,
  world: World,
  services: Services,
): Promise<Strikes> {
  const chance = (stream: number) => new Random(options.seed, stream);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), options.seconds * 1_000);
  const guarded = async (what: string, working: Promise<void>) => {
    try {
      await working;
    } catch (error) {
      world.faults.push(`${what}: ${error instanceof Error ? error.stack : error}`);
    }
  };
  const [strikes] = await Promise.all([
    world.engine.strike(over.signal),
    guarded("the producer", produce(world, chance(4), options.rate, over.signal)),
    guarded("the second producer", duplicate(world, chance(5), over.signal)),
    guarded("the canceller", cancel(world, chance(6), over.signal)),
    guarded("the retrier", retry(world, chance(7), over.signal)),
    services.strike(options.between_deaths_ms, over.signal),
    progress(options, world, services, over.signal),
  ]);
  clearTimeout(timer);
  return strikes;
}

async function progress(
  { onProgress }: StormOptions,
  world: World,
  services: Services,
  signal: AbortSignal,
): Promise<void> {
  if (onProgress === undefined) return;
  let told = 0;
  for (let seconds = PROGRESS_MS / 1_000;; seconds += PROGRESS_MS / 1_000) {
    await sleep(PROGRESS_MS, signal);
    if (signal.aborted) return;
    const faults = [...world.faults, ...services.faults];
    await onProgress(
      `${seconds} s: ${world.entries.size} tasks, ${services.kills} kills, ` +
        `${services.stops} stops, ${services.freezes} freezes, ${faults.length} faults`,
    );
    for (const fault of faults.slice(told)) await onProgress(`  ${fault}`);
    told = faults.length;
  }
}

async function isAllShown({ engine, shown }: World): Promise<boolean> {
  return shown >= await engine.notifications();
}

/** The project with tools that write down when they run, one for each effect. */
async function copyProjectWithStormTools() {
  const copy = await copyProjectWithMarks();
  const tools = join(copy.directory, "tools");
  await Deno.remove(tools, { recursive: true });
  await Deno.mkdir(tools);
  const source = await Deno.readTextFile(join(PROJECT, "tests", "soak", "tools", "storm_none.ts"));
  for (const effects of ["none", "idempotent", "once"]) {
    const text = source.replaceAll("storm_none", `storm_${effects}`)
      .replace('effects: "none"', `effects: "${effects}"`);
    await Deno.writeTextFile(join(tools, `storm_${effects}.ts`), text);
  }
  return copy;
}
