/** The matrix: every point of every scenario, killed there, recovered, judged. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { eventually } from "../support/eventually.ts";
import {
  type ModelServer,
  type RecordedRequest,
  startModelServer,
} from "../support/model_server.ts";
import { PROJECT } from "../support/program.ts";
import { copyProjectWithMarks } from "../support/project_copy.ts";
import { end, Scene } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";
import type { NamedCall } from "./crash_disk.ts";
import type { CrashPlan, Point } from "./crash_plan.ts";
import { died, type Doomed, startDoomed } from "./doomed.ts";
import { judge } from "./judge.ts";
import { describeSeen, lookAt, names, type TaskSeen } from "./look.ts";
import { letGo, type Scenario, TOOL_NAMES } from "./scenarios.ts";

/** One line of the table. */
export interface Row {
  readonly scenario: string;
  /** "before", "in" or "after" a call, or a place outside the disk. */
  readonly point: string;
  /** What the dead process left behind. */
  readonly killed: string;
  /** What the next service made of it. */
  readonly recovered: string;
  readonly verdict: string;
}

/** A place to die: at a call, or while something outside the disk is under way. */
interface Place {
  readonly id: string;
  readonly text: string;
  /** The point of the disk's; absent where the place is seen from outside. */
  readonly point?: Point;
}

/** Files of a service itself. */
const SERVICE_FILE = /(services|tmp)\/\*/;

/** How long nothing more may be called before a recording counts as whole, in milliseconds. */
const QUIET_MS = 250;

/** Reads a recording. */
export function readCalls(path: string): NamedCall[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** A copy of the project that can also be killed. */
export async function copyProject() {
  const copy = await copyProjectWithMarks();
  const crash = join(copy.directory, "tests", "crash");
  await Deno.mkdir(crash, { recursive: true });
  await Deno.mkdir(join(copy.directory, "no-tools"));
  for (const name of ["service_under_test.ts", "crash_disk.ts", "crash_plan.ts"]) {
    await Deno.copyFile(join(PROJECT, "tests", "crash", name), join(crash, name));
  }
  return copy;
}

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
  /** How often the model was asked, by task and step. */
  readonly #asks = new Map<string, number>();
  /** Tasks whose question at a step stays without an answer, the first time. */
  readonly #mute = new Map<string, number>();
  #model!: ModelServer;
  #scene!: Scene;

  private constructor(private readonly project: string, private readonly scenario: Scenario) {}

  static async open(project: string, scenario: Scenario): Promise<ScenarioRun> {
    const run = new ScenarioRun(project, scenario);
    run.#model = await startModelServer((request) => run.#answer(request));
    run.#scene = await Scene.open({ OPENAI_BASE_URL: run.#model.base_url }, { project });
    Deno.mkdirSync(join(run.#scene.root, "workspace"));
    return run;
  }

  async close(): Promise<void> {
    letGo(this.scenario);
    for (const child of this.#children) child.signal("SIGKILL");
    await Promise.all([...this.#children].map(({ ended }) => ended));
    await this.#scene[Symbol.asyncDispose]();
    await this.#model.close();
  }

  async rows(): Promise<Row[]> {
    const places = this.#places(await this.#record());
    const ids = places.map(({ id }) => id);
    const root = this.#scene.directory;
    const storage = await this.#storage(root);
    try {
      await this.scenario.before?.(storage, ids);
      await this.#killAll(storage, places);
    } finally {
      letGo(this.scenario);
      storage.close();
    }
    const killed = ids.map((id) => lookAt(root, id));
    this.#release(places);
    await this.#recover();
    return places.map((place, i) => this.#row(place, killed[i] as TaskSeen));
  }

  // --- the recording --------------------------------------------------------------------------

  /** Every call of one task that nobody kills. */
  async #record(): Promise<NamedCall[]> {
    const root = join(this.#scene.root, "record", "persistent");
    const record = join(this.#scene.root, "record.jsonl");
    const id = "p0000";
    this.#letTools([id]);
    const storage = await this.#storage(root);
    await this.scenario.before?.(storage, [id]);
    const plan = this.#plan({ root, ids: [id], record, stops: {} });
    const child = this.#start(plan, storage);
    const { until } = this.scenario;
    if (until === undefined) await child.ended;
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

  #places(calls: readonly NamedCall[]): Place[] {
    // How a service comes and goes is a scenario of its own.
    const own = calls.filter(({ name }) => !SERVICE_FILE.test(name));
    const points = own.flatMap(momentsOf);
    const places: Place[] = points.map((place, i) => ({ id: idOf(i + 1), ...place }));
    if (!this.scenario.tools) return places;
    const outside = [
      ...[1, 2, 3, 4].map((step) => `in the model call of step ${step}`),
      ...TOOL_NAMES.map((name) => `in the tool ${name}`),
    ];
    return [
      ...places,
      ...outside.map((text, i) => ({
        id: idOf(places.length + i + 1),
        text,
      })),
    ];
  }

  // --- the deaths -----------------------------------------------------------------------------

  async #killAll(storage: Storage, places: readonly Place[]): Promise<void> {
    const group = places.filter(({ point }) => point !== undefined);
    const ids = group.map(({ id }) => id);
    this.#letTools(ids);
    const stops = Object.fromEntries(group.map(({ id, point }) => [id, point as Point]));
    const plan = this.#plan({ root: this.#scene.directory, ids, stops });
    await died(this.#start(plan, storage), plan);
    await this.#killOutside(storage, places.filter(({ point }) => point === undefined));
  }

  async #killOutside(storage: Storage, places: readonly Place[]): Promise<void> {
    if (places.length === 0) return;
    for (const { id, text } of places) {
      const step = /step (\d)/.exec(text)?.[1];
      if (step !== undefined) this.#mute.set(id, Number(step));
      this.#letTools([id], TOOL_NAMES.filter((name) => !text.endsWith(name)));
    }
    const ids = places.map(({ id }) => id);
    const child = this.#start(
      this.#plan({ root: this.#scene.directory, ids, stops: {} }),
      storage,
    );
    await eventually("all of them are where they are to die", () =>
      places.every(({ id, text }) => {
        const step = this.#mute.get(id);
        return step === undefined
          ? this.#runs(id)[TOOL_NAMES.findIndex((name) => text.endsWith(name))] === 1
          : this.#asks.get(`${id}/${step}`) === 1;
      }));
    child.signal("SIGKILL");
    await child.ended;
  }

  #start(plan: CrashPlan, storage: Storage): Doomed {
    const child = startDoomed(this.project, plan, {
      OPENAI_BASE_URL: this.#model.base_url,
      TOOLS_FILE: join(this.#scene.root, "tools.json"),
    });
    this.#children.add(child);
    child.ended.then(() => this.#children.delete(child));
    const { ids } = plan;
    const isAsked = () =>
      !this.#children.has(child) || ids.every((id) => this.#asks.has(`${id}/1`));
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

  #release(places: readonly Place[]): void {
    this.#letTools(places.map(({ id }) => id));
  }

  /** The real service, until nothing is left to do. */
  async #recover(): Promise<void> {
    const { code, stderr } = await end(
      this.#scene.start("background", ["--drain", "--concurrency", "32", "--log-level", "error"]),
    );
    if (code !== 0) throw new Error(`the service ended with exit code ${code}: ${stderr}`);
  }

  #row({ id, text }: Place, killed: TaskSeen): Row {
    const root = this.#scene.directory;
    const ended = lookAt(root, id);
    const asked = [1, 2, 3, 4].map((step) => this.#asks.get(`${id}/${step}`) ?? 0);
    const ran = this.#runs(id);
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

  // --- the model and the tools ----------------------------------------------------------------

  #answer(request: RecordedRequest) {
    const id = promptOf(request);
    const step = request.body.messages.filter(({ role }) => role === "assistant").length + 1;
    const asked = (this.#asks.get(`${id}/${step}`) ?? 0) + 1;
    this.#asks.set(`${id}/${step}`, asked);
    if (asked === 1 && this.#mute.get(id) === step) return { hang: "before" as const };
    const first = asked === 1 && step === 1;
    return this.scenario.model?.(request, first) ?? { text: `done ${id}` };
  }

  /** Lets the calls of these tasks come to their end. */
  #letTools(ids: readonly string[], tools: readonly string[] = TOOL_NAMES): void {
    if (!this.scenario.tools) return;
    for (const id of ids) {
      for (const name of tools) {
        Deno.writeTextFileSync(join(this.#scene.root, "workspace", `go-${id}-${name}`), "");
      }
    }
  }

  /** How often each tool was run for a task. */
  #runs(id: string): number[] {
    const path = join(this.#scene.root, "workspace", "marks.txt");
    if (!existsSync(path)) return TOOL_NAMES.map(() => 0);
    const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
    const texts = lines.map((line) => JSON.parse(line).text);
    return TOOL_NAMES.map((name) => texts.filter((text) => text === `${id}-${name}`).length);
  }

  #storage(root: string): Promise<Storage> {
    const owner = { service_id: "the-test", pid: Deno.pid, host: "here" };
    return openStorage({ persistent_dir: root, durability: "relaxed" }, owner);
  }
}

/** The places to die at a call, as the table names them. */
export function momentsOf({ name, nth }: NamedCall) {
  const counted = nth === 1 ? name : `${name} (${nth})`;
  const moments = name.startsWith("write ")
    ? ["before", "torn", "after"] as const
    : ["before", "after"] as const;
  return moments.map((moment) => ({
    point: { name, nth, moment },
    text: `${moment === "torn" ? "in" : moment} ${counted}`,
  }));
}

/** The id of the n-th task. */
export function idOf(n: number): string {
  return `p${String(n).padStart(4, "0")}`;
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
