/** The matrix: every point of every scenario, killed there, recovered, judged. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { eventually } from "../support/eventually.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { end, Scene } from "../support/scene.ts";
import type { NamedCall } from "./crash_disk.ts";
import type { CrashPlan, Point } from "./crash_plan.ts";
import { died, type Doomed, startDoomed } from "./doomed.ts";
import { judge } from "./judge.ts";
import { describeSeen, lookAt, names, type TaskSeen } from "./look.ts";
import { type Place, placesOf, readCalls, type Row } from "./places.ts";
import { letGo } from "./preparations.ts";
import type { Scenario } from "./scenario.ts";
import { TOOL_NAMES } from "./scenarios.ts";
import { Stage } from "./stage.ts";

/** How long nothing more may be called before a recording counts as whole, in milliseconds. */
const QUIET_MS = 250;

/** Runs one scenario at all of its points. */
export async function runScenario(
  project: string,
  scenario: Scenario,
): Promise<Row[]> {
  const run = await ScenarioRun.open(project, scenario);
  try {
    return await run.rows();
  } finally {
    await run.close();
  }
}

class ScenarioRun {
  readonly #children = new Set<Doomed>();

  private constructor(
    private readonly project: string,
    private readonly scenario: Scenario,
    private readonly stage: Stage,
    private readonly model: ModelServer,
    private readonly scene: Scene,
  ) {}

  static async open(project: string, scenario: Scenario): Promise<ScenarioRun> {
    const stage = new Stage(scenario);
    const model = await startModelServer((request) => stage.answer(request));
    const scene = await Scene.open({ OPENAI_BASE_URL: model.base_url }, { project });
    stage.workspace = join(scene.root, "workspace");
    Deno.mkdirSync(stage.workspace);
    return new ScenarioRun(project, scenario, stage, model, scene);
  }

  async close(): Promise<void> {
    letGo(this.scenario);
    for (const child of this.#children) child.signal("SIGKILL");
    await Promise.all([...this.#children].map(({ ended }) => ended));
    await this.scene[Symbol.asyncDispose]();
    await this.model.close();
  }

  async rows(): Promise<Row[]> {
    const places = placesOf(this.scenario, await this.#record());
    const ids = places.map(({ id }) => id);
    const root = this.scene.directory;
    const storage = await this.#storage(root);
    try {
      await this.scenario.before?.(storage, ids);
      await this.#killAll(storage, places);
    } finally {
      letGo(this.scenario);
      storage.close();
    }
    const killed = ids.map((id) => lookAt(root, id));
    this.stage.letTools(ids);
    await this.#recover();
    return places.map((place, i) => this.#row(place, killed[i] as TaskSeen));
  }

  // --- the recording --------------------------------------------------------------------------

  /** Every call of one task that nobody kills. */
  async #record(): Promise<NamedCall[]> {
    const root = join(this.scene.root, "record", "persistent");
    const record = join(this.scene.root, "record.jsonl");
    const id = "p0000";
    this.stage.letTools([id]);
    const storage = await this.#storage(root);
    await this.scenario.before?.(storage, [id]);
    const plan = this.#plan({ root, ids: [id], record, stops: {} });
    const child = this.#start(plan, storage);
    const { until, polls } = this.scenario;
    if (polls) {
      await eventually(
        "its second round",
        () => existsSync(record) && readCalls(record).some(({ nth }) => nth > 1),
      );
      child.signal("SIGKILL");
      await child.ended;
    } else if (until === undefined) await child.ended;
    else {
      await eventually("the end of the scenario", () => until(lookAt(root, id)));
      await quiet(record);
      child.signal("SIGKILL");
      await child.ended;
    }
    letGo(this.scenario);
    storage.close();
    return readCalls(record);
  }

  // --- the deaths -----------------------------------------------------------------------------

  async #killAll(storage: Storage, places: readonly Place[]): Promise<void> {
    const group = places.filter(({ point }) => point !== undefined);
    const ids = group.map(({ id }) => id);
    this.stage.letTools(ids);
    const stops = Object.fromEntries(group.map(({ id, point }) => [id, point as Point]));
    const plan = this.#plan({ root: this.scene.directory, ids, stops });
    await died(this.#start(plan, storage), plan);
    await this.#killOutside(storage, places.filter(({ point }) => point === undefined));
  }

  async #killOutside(storage: Storage, places: readonly Place[]): Promise<void> {
    if (places.length === 0) return;
    for (const { id, text } of places) {
      const step = /step (\d)/.exec(text)?.[1];
      if (step !== undefined) this.stage.mute(id, Number(step));
      this.stage.letTools([id], TOOL_NAMES.filter((name) => !text.endsWith(name)));
    }
    const ids = places.map(({ id }) => id);
    const child = this.#start(
      this.#plan({ root: this.scene.directory, ids, stops: {} }),
      storage,
    );
    await eventually(
      "all of them are where they are to die",
      () => places.every((place) => this.#isReached(place)),
    );
    child.signal("SIGKILL");
    await child.ended;
  }

  #isReached({ id, text }: Place): boolean {
    const step = /step (\d)/.exec(text)?.[1];
    const tool = TOOL_NAMES.findIndex((name) => text.endsWith(name));
    return step === undefined
      ? this.stage.ran(id)[tool] === 1
      : this.stage.asked(id)[Number(step) - 1] === 1;
  }

  #start(plan: CrashPlan, storage: Storage): Doomed {
    const child = startDoomed(this.project, plan, {
      OPENAI_BASE_URL: this.model.base_url,
      TOOLS_FILE: join(this.scene.root, "tools.json"),
    });
    this.#children.add(child);
    child.ended.then(() => this.#children.delete(child));
    const { ids } = plan;
    const isAsked = () =>
      !this.#children.has(child) || ids.every((id) => this.stage.asked(id)[0] !== 0);
    const { meanwhile } = this.scenario;
    const { armed, signal } = child;
    void meanwhile?.({
      storage,
      ids,
      armed,
      asked: eventually("the model was asked", isAsked).then(() => {}),
      signal,
    });
    return child;
  }

  #plan(plan: Pick<CrashPlan, "root" | "ids" | "stops" | "record">): CrashPlan {
    const { act, tools, meanwhile } = this.scenario;
    const tools_directory = join(this.project, tools ? "tools" : "no-tools");
    return { ...plan, act, tools_directory, armed: meanwhile === undefined };
  }

  // --- what comes after -----------------------------------------------------------------------

  /** The real service, until nothing is left to do. */
  async #recover(): Promise<void> {
    const { code, stderr } = await end(
      this.scene.start("background", ["--drain", "--concurrency", "32", "--log-level", "error"]),
    );
    if (code !== 0) throw new Error(`the service ended with exit code ${code}: ${stderr}`);
  }

  #row({ id, text }: Place, killed: TaskSeen): Row {
    const root = this.scene.directory;
    const ended = lookAt(root, id);
    const [asked, ran] = [this.stage.asked(id), this.stage.ran(id)];
    const parts = [describeSeen({ ...ended, journal: [] })];
    if (this.scenario.tools) {
      parts.push(`asked ${asked.join(" ")}`, `ran ${ran.join(" ")}`);
    }
    const left = names(`${root}/services`).length > 0 ? ["a presence file is left"] : [];
    const faults = [...judge({ id, scenario: this.scenario, killed, ended, asked, ran }), ...left];
    return {
      scenario: this.scenario.name,
      point: text,
      killed: describeSeen(killed),
      recovered: parts.join("; "),
      verdict: faults.length === 0 ? "ok" : faults.join(", "),
    };
  }

  #storage(root: string): Promise<Storage> {
    const owner = { service_id: "the-test", pid: Deno.pid, host: "here" };
    return openStorage({ persistent_dir: root, durability: "relaxed" }, owner);
  }
}

/** Resolves once a file has not grown for a while. */
async function quiet(path: string): Promise<void> {
  for (let size = -1;;) {
    const now = existsSync(path) ? Deno.statSync(path).size : -2;
    if (now === size) return;
    size = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}
