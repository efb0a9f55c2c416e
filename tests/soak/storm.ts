/** The storm: services that die all the time, under load from all sides; then a count. */
import { join } from "@std/path";
import { openStorage } from "../../lib/open_storage.ts";
import { sleep } from "../../lib/sleep.ts";
import { Random } from "../simulation/random.ts";
import { eventually } from "../support/eventually.ts";
import { startModelServer } from "../support/model_server.ts";
import { PROJECT } from "../support/program.ts";
import { copyProjectWithMarks } from "../support/project_copy.ts";
import { Scene } from "../support/scene.ts";
import { count, countNotifications, type Report } from "./count.ts";
import { cancel, duplicate, produce, read, retry, type World } from "./people.ts";
import { Services } from "./services.ts";
import { Oracle } from "./workload.ts";

export interface StormOptions {
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
  readonly starts: number;
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
  const project = await copyProjectWithStormTools();
  await using model = await startModelServer((request) => oracle.answer(request));
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    DURABILITY: options.durability,
    TASK_CONCURRENCY: String(CONCURRENCY),
    LOG_LEVEL: "fatal",
  }, { project: project.directory });
  const storage = await openStorage(
    { persistent_dir: scene.directory, durability: options.durability },
    { service_id: "the-storm", pid: Deno.pid, host: "localhost" },
  );
  const world: World = { root: scene.directory, storage, entries, oracle, faults: [], shown: 0 };
  const services = new Services(
    SERVICES,
    () => scene.start("background", ["--grace", "2"]),
    chance(2),
  );
  const readers = read(world, chance(3));
  const began = performance.now();
  try {
    await underFire(options, world, services, chance);
    await eventually("everything has ended", () => isCalm(scene), CALM_SECONDS)
      .catch((error) => world.faults.push(String(error)));
    await services.end();
    await eventually("all notifications are shown", () => isAllShown(world), CALM_SECONDS)
      .catch((error) => world.faults.push(String(error)));
  } finally {
    readers.close();
    storage.close();
    await services.end();
    await project.remove();
  }
  const { kills, stops, starts, faults } = services;
  world.faults.push(...faults);
  const seconds = Math.round((performance.now() - began) / 1_000);
  const counted = count(world, join(scene.root, "workspace"));
  if (counted.violations.length > 0) await keepEvidence(scene, options);
  return { seconds, kills, stops, starts, ...counted };
}

/** What lies there after a broken promise, for a look. */
async function keepEvidence(scene: Scene, { onProgress }: StormOptions): Promise<void> {
  const kept = await Deno.makeTempDir({ prefix: "bts-storm-" });
  await new Deno.Command("cp", { args: ["-R", scene.root, kept] }).output();
  await onProgress?.(`everything that lies there was kept in "${kept}"`);
}

async function underFire(
  options: StormOptions,
  world: World,
  services: Services,
  chance: (stream: number) => Random,
): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), options.seconds * 1_000);
  const guarded = async (what: string, working: Promise<void>) => {
    try {
      await working;
    } catch (error) {
      world.faults.push(`${what}: ${error instanceof Error ? error.stack : error}`);
    }
  };
  await Promise.all([
    guarded("the producer", produce(world, chance(4), options.rate, over.signal)),
    guarded("the second producer", duplicate(world, chance(5), over.signal)),
    guarded("the canceller", cancel(world, chance(6), over.signal)),
    guarded("the retrier", retry(world, chance(7), over.signal)),
    services.strike(options.between_deaths_ms, over.signal),
    progress(options, world, services, over.signal),
  ]);
  clearTimeout(timer);
}

async function progress(
  { onProgress }: StormOptions,
  world: World,
  services: Services,
  signal: AbortSignal,
): Promise<void> {
  if (onProgress === undefined) return;
  let told = 0;
  for (let seconds = 0; !signal.aborted;) {
    await sleep(PROGRESS_MS, signal);
    seconds += PROGRESS_MS / 1_000;
    const faults = [...world.faults, ...services.faults];
    await onProgress(
      `${seconds} s: ${world.entries.size} tasks, ${services.kills} kills, ` +
        `${services.stops} stops, ${faults.length} faults`,
    );
    for (const fault of faults.slice(told)) await onProgress(`  ${fault}`);
    told = faults.length;
  }
}

function isCalm(scene: Scene): boolean {
  const left = (state: string) => scene.names(`tasks/${state}`).length;
  return left("pending") + left("running") + left("pending") === 0;
}

function isAllShown({ root, shown }: World): boolean {
  return shown >= countNotifications(root);
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
