/**
 * The background service, put together of the same parts as background_service.ts, or one operation
 * of main's, on a disk that stops it where its plan says.
 *
 * Each task has a service of its own in this one process, which sees nothing of the others: so each
 * can be stopped at a point of its own, even where it holds what all of a service's tasks share.
 * When all are there the process kills itself with SIGKILL, and one death leaves many tasks at
 * exactly one point each.
 */
import { configureLogging } from "../../lib/cli/logging.ts";
import { loadConfig } from "../../lib/config.ts";
import { openConfiguredModel } from "../../lib/open_model.ts";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { openToolbox } from "../../lib/sandbox/open_toolbox.ts";
import { reapToolProcess } from "../../lib/sandbox/reaper.ts";
import { Service } from "../../lib/service/service.ts";
import { newId } from "../../lib/task/id.ts";
import type { Owner } from "../../lib/task/transitions.ts";
import { CrashDisk, type Moment, type NamedCall, type Observer } from "./crash_disk.ts";
import { type CrashPlan, isCallOf } from "./crash_plan.ts";

/** Some ten calls of a tool can stop while they hold its process; the others share the rest. */
const PROCESSES_PER_TOOL = 24;
/** Where nothing has called the disk for so long, nothing more will. Milliseconds. */
const SILENCE_MS = 50;

class Stopper implements Observer {
  /** How many moments of calls there were. */
  #calls = 0;
  readonly #counts = new Map<string, number>();
  readonly #armed = new Set<string>();
  readonly #waiting: Set<string>;

  constructor(private readonly plan: CrashPlan) {
    this.#waiting = new Set(Object.keys(plan.stops));
  }

  /** From now on the calls of this task count. */
  arm(id: string): void {
    this.#armed.add(id);
  }

  begin(scope: string, name: string): NamedCall {
    this.#calls++;
    if (!this.#armed.has(scope)) return { scope, name, nth: 0 };
    const key = `${scope} ${name}`;
    const nth = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, nth);
    const call = { scope, name, nth };
    const { record } = this.plan;
    if (record !== undefined) {
      Deno.writeTextFileSync(record, JSON.stringify(call) + "\n", { append: true });
    }
    return call;
  }

  isTorn(call: NamedCall): boolean {
    const point = this.plan.stops[call.scope];
    return isCallOf(point, call) && point?.moment === "torn";
  }

  at(call: NamedCall, moment: Moment): void | Promise<void> {
    this.#calls++;
    const point = this.plan.stops[call.scope];
    if (!isCallOf(point, call) || point?.moment !== moment) return;
    this.#waiting.delete(call.scope);
    Deno.stderr.writeSync(new TextEncoder().encode(`stopped ${call.scope}\n`));
    if (this.#waiting.size === 0) void this.#dieInSilence();
    return new Promise<void>(() => {});
  }

  // What a task writes beside the stopped call goes on as far as it can: how far that is must not
  // depend on which of the tasks was the last to stop.
  async #dieInSilence(): Promise<void> {
    for (let before = -1; before !== this.#calls;) {
      before = this.#calls;
      await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    }
    Deno.kill(Deno.pid, "SIGKILL");
  }
}

function newOwner(): Owner {
  return { service_id: newId(), pid: Deno.pid, host: Deno.hostname() };
}

/** Opens the directory for one task, as a process of its own would. */
async function openFor(plan: CrashPlan, id: string, stopper: Stopper, owner: Owner) {
  const disk = new CrashDisk({ root: plan.root, scope: id, observer: stopper });
  const storage = await openStorage(
    { persistent_dir: plan.root, durability: "full" },
    owner,
    // How many lines share a flush would be a matter of chance: here each has its own.
    { disk, gather: () => Promise.resolve() },
  );
  if (plan.armed) stopper.arm(id);
  return storage;
}

async function serve(plan: CrashPlan, stopper: Stopper): Promise<void> {
  const config = loadConfig({ flags: { dir: plan.root } });
  await configureLogging(config);
  const stop = new AbortController();
  Deno.addSignalListener("SIGTERM", () => stop.abort());
  Deno.addSignalListener("SIGUSR2", () => {
    for (const id of plan.ids) stopper.arm(id);
    Deno.stdout.writeSync(new TextEncoder().encode("armed\n"));
  });
  const toolbox = await openToolbox({
    tools_directory: plan.tools_directory,
    tools_file: config.tools_file,
    persistent_dir: config.persistent_dir,
    environment: config.tool_environment,
    limits: { processes_per_tool: PROCESSES_PER_TOOL },
  });
  const model = await openConfiguredModel(config, "background");
  const options = { concurrency: 1, drain: false, grace_ms: 0 };
  await Promise.all(plan.ids.map(async (id) => {
    const owner = newOwner();
    const storage = await openFor(plan, id, stopper, owner);
    const durability = () => storage.flusher.failure;
    const parts = { ...storage, owner, toolbox, model, durability, reap: reapToolProcess };
    await new Service(parts, options).run(stop.signal);
  }));
}

const OPERATIONS: Record<
  Exclude<CrashPlan["act"], "service" | "start">,
  (storage: Storage, id: string) => Promise<unknown>
> = {
  enqueue: ({ queue }, id) => queue.enqueue({ id, conversation_id: `c-${id}`, prompt: id }),
  retry: ({ queue }, id) => queue.retry(id, { fresh: false }),
  cancel: ({ queue }, id) => queue.cancel(id),
  prune: ({ queue }, id) => queue.prune(id, { unread: true }),
  acknowledge: async ({ notifications }, id) => {
    for (const one of await notifications.unread(`c-${id}`)) await notifications.acknowledge(one);
  },
};

async function operate(plan: CrashPlan, stopper: Stopper): Promise<void> {
  const { act } = plan;
  if (act === "service" || act === "start") return;
  await Promise.all(plan.ids.map(async (id) => {
    const storage = await openFor(plan, id, stopper, newOwner());
    await OPERATIONS[act](storage, id);
    storage.close();
  }));
}

/** Services start, each in a directory of its own, and leave again. */
async function startMany(plan: CrashPlan, stopper: Stopper): Promise<void> {
  await Promise.all(plan.ids.map(async (id) => {
    stopper.arm(id);
    const owner = newOwner();
    const storage = await openFor({ ...plan, root: `${plan.root}/${id}` }, id, stopper, owner);
    const announced = await storage.presence.announce({
      version: 1,
      ...owner,
      started_at: new Date().toISOString(),
      concurrency: 4,
      model: "none",
      tools: [],
    });
    await announced.withdraw();
    storage.close();
  }));
}

if (import.meta.main) {
  const plan: CrashPlan = JSON.parse(Deno.args[0] ?? "{}");
  const stopper = new Stopper(plan);
  if (plan.act === "service") await serve(plan, stopper);
  else if (plan.act === "start") await startMany(plan, stopper);
  else await operate(plan, stopper);
  // Watches that are still set up must not keep it.
  Deno.exit(0);
}
