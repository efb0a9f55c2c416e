/** The invariants of the contract (§1), compared with the simulated file system. */
import { TASK_STATES, type TaskState } from "../../lib/task/record.ts";
import type { Ledger, TaskFacts } from "./ledger.ts";
import type { Owner } from "./scheduler.ts";
import { ROOT } from "./simulated_process.ts";
import { MARKS, PruneInvariants } from "./prune_invariants.ts";
import { type Inode, isLockedBy, type NameChange, type SimulatedFs } from "./simulated_fs.ts";
import { parseStored, recordIn, type StoredRecord } from "./stored_record.ts";

const TASKS = `${ROOT}/tasks/`;
const NOTIFICATIONS = `${ROOT}/notifications/`;

interface Place {
  readonly state: TaskState;
  readonly id: string;
}

export class Invariants {
  constructor(
    private readonly fs: SimulatedFs,
    private readonly ledger: Ledger,
    private readonly step: () => number,
    /** Whether a process keeps our rules; outside programs do not. */
    private readonly isOurs: (owner: Owner) => boolean,
    readonly prunes = new PruneInvariants(fs, ledger, step),
  ) {}

  /** After each change of names. */
  onChange(owner: Owner, change: NameChange): void {
    const from = placeOf(change.from);
    const to = placeOf(change.to);
    if (from !== undefined || to !== undefined) {
      if (this.isOurs(owner)) this.#checkMove(owner, change, from, to);
      this.#checkPresence((from ?? to as Place).id);
      if (to !== undefined && to.id !== from?.id) this.#checkPresence(to.id);
    }
    if (change.to?.startsWith(NOTIFICATIONS)) this.#checkNotified(change.to, change.inode);
    if (change.to?.startsWith(`${MARKS}/`)) this.prunes.begun(owner, change);
    if (change.to === undefined && change.from !== undefined) this.prunes.removed(change.from);
  }

  // 2: one rename, by the process that holds the lock.
  #checkMove(owner: Owner, change: NameChange, from: Place | undefined, to: Place | undefined) {
    const { inode, replaced } = change;
    const { id } = from ?? to as Place;
    const facts = this.ledger.task(id);
    if (facts.wild) return this.#follow(owner, facts, change, from, to);
    const isRemoved = from !== undefined && to === undefined && change.to === undefined;
    if (isRemoved && inode.names === 0) {
      this.ledger.report("1", `${owner.name} removed ${change.from}`);
    }
    if (isRemoved && isTerminal(from?.state)) {
      if (!isLockedBy(inode, owner)) {
        this.ledger.report("2", `${owner.name} removed ${change.from} unlocked`);
      }
      return this.prunes.ended(facts, change.from ?? "", inode);
    }
    const published = to?.state === "pending" && from === undefined && replaced === undefined;
    if (!published && !isLockedBy(inode, owner)) {
      this.ledger.report("2", `${owner.name} moved ${change.from ?? ""} to ${change.to} unlocked`);
    }
    if (replaced !== undefined && to !== undefined) {
      const isDuplicate = to.state === "pending" && facts.producers > 1;
      const isVersion = from === undefined && isLockedBy(replaced, owner);
      if (!isVersion && (from === undefined || !isDuplicate)) {
        this.ledger.report("1", `${owner.name} wrote over ${change.to}`);
      }
    }
    const { holder } = facts;
    const touchesRunning = from?.state === "running" || to?.state === "running";
    if (touchesRunning && holder?.process.alive && holder.process !== owner) {
      this.ledger.report("8", `${owner.name} moved ${id}, which ${holder.process.name} runs`);
    }
    this.#follow(owner, facts, change, from, to);
    if (to !== undefined && to.state !== "pending") this.#checkWhole(change.to, inode, facts);
  }

  #follow(
    owner: Owner,
    facts: TaskFacts,
    { inode }: NameChange,
    from: Place | undefined,
    to: Place | undefined,
  ): void {
    if (from?.state === "running" && to !== undefined && to.state !== "running") {
      this.ledger.release(facts.id, owner);
      this.#checkCancelled(facts, parseStored(inode.bytes));
    }
    if (isTerminal(from?.state) && to?.state !== from?.state) this.#leaveEnd(owner, facts, inode);
  }

  // 4: a terminal state is left by a retry only.
  #leaveEnd(owner: Owner, facts: TaskFacts, inode: Inode): void {
    const isRetrying = facts.retries.some(({ by, ended }) => by === owner && ended === undefined);
    if (!isRetrying && !facts.wild && inode.names > 0) {
      this.ledger.report("4", `${owner.name} took ${facts.id} out of its terminal state`);
    }
    const run = parseStored(inode.bytes)?.run ?? 1;
    facts.leftRun = Math.max(facts.leftRun, run);
    if (!facts.runBegan.has(run + 1)) facts.runBegan.set(run + 1, this.step());
    if (facts.decided !== undefined && facts.decided.run <= run) facts.decided = undefined;
  }

  // A request to cancel one run must not end another.
  #checkCancelled(facts: TaskFacts, record: StoredRecord | undefined): void {
    if (record?.error?.code !== "cancelled" || facts.wild) return;
    const began = facts.runBegan.get(record.run ?? 1) ?? 0;
    if (!facts.cancels.some(({ ended }) => (ended ?? Infinity) >= began)) {
      this.ledger.report("cancel", `run ${record.run} of ${facts.id} was cancelled by nobody`);
    }
  }

  // 1: in exactly one state; a raced second enqueue may lie in pending/ besides.
  #checkPresence(id: string): void {
    const facts = this.ledger.tasks.get(id);
    if (facts === undefined || facts.wild) return;
    const states = this.states(id);
    if (states.length === 0 && facts.promised) {
      this.ledger.report("1", `${id}, which was acknowledged, is in no state`);
    }
    if (states.length < 2) return;
    const raced = states.length === 2 && states.includes("pending") && facts.producers > 1;
    if (!raced) this.ledger.report("1", `${id} is in ${states.join(" and ")} at once`);
  }

  /** In which states a file of this id lies. */
  states(id: string): TaskState[] {
    return TASK_STATES.filter((state) => this.fs.directory(`${TASKS}${state}`)?.has(`${id}.json`));
  }

  // 3: no half records.
  #checkWhole(path: string | undefined, inode: Inode, facts?: TaskFacts): void {
    if (facts?.fragile || facts?.wild || parseStored(inode.bytes) !== undefined) return;
    this.ledger.report("3", `${path} holds half a record (${inode.bytes.length} bytes)`);
  }

  // 5: exactly one, unread or read.
  #checkNotified(path: string, inode: Inode): void {
    this.#checkWhole(path, inode);
    const twin = path.includes("/read/")
      ? path.replace("/read/", "/")
      : path.replace(/\/([^/]+)$/, "/read/$1");
    if (this.fs.inode(twin) !== undefined) {
      this.ledger.report("5", `${path} is there twice, unread and read`);
    }
  }

  #countNotifications(id: string, state: TaskState, run: number, conversation: string): number {
    const name = run <= 1 ? `${id}-${state}` : `${id}-${state}-${run}`;
    const places = [`${conversation}/${name}.json`, `${conversation}/read/${name}.json`];
    return places.filter((place) => this.fs.inode(NOTIFICATIONS + place) !== undefined).length;
  }

  /** 7: right after a power cut, what was acknowledged is on the disk. */
  afterPowerCut(): void {
    for (const facts of this.ledger.tasks.values()) {
      if (facts.wild) continue;
      this.#checkPresence(facts.id);
      for (const state of this.states(facts.id)) {
        const path = `${TASKS}${state}/${facts.id}.json`;
        const inode = this.fs.inode(path);
        if (inode !== undefined && facts.accepted) this.#checkWhole(path, inode, facts);
      }
      if (facts.decided?.settled) this.#checkEnded(facts);
      this.prunes.afterPowerCut(facts);
    }
    this.#checkAcknowledged();
  }

  #checkEnded(facts: TaskFacts): void {
    const { id, decided } = facts;
    if (decided === undefined) return;
    const { state, run } = decided;
    const record = this.#record(state, id);
    if (record === undefined || (record.run ?? 1) < run) {
      this.ledger.report("7", `${id} was acknowledged as ${state} and is not there`);
    } else this.#checkTold(id, state, record);
  }

  #checkTold(id: string, state: TaskState, record: StoredRecord): void {
    if (this.prunes.isMarked(id)) return;
    const { conversation_id, run = 1 } = record;
    if (conversation_id === undefined || conversation_id === "") return;
    const count = this.#countNotifications(id, state, run, conversation_id);
    if (count !== 1) this.ledger.report("5", `${id} is ${state} with ${count} notifications`);
  }

  #checkAcknowledged(): void {
    for (const [id, conversation] of this.ledger.acknowledged) {
      if (this.fs.inode(`${NOTIFICATIONS}${conversation}/read/${id}.json`) === undefined) {
        this.ledger.report("5", `notification ${id} was shown and is not in read/ any more`);
      }
    }
  }

  /** When nothing is left to do. */
  atRest(): void {
    for (const facts of this.ledger.tasks.values()) {
      if (facts.wild) continue;
      const states = this.states(facts.id);
      this.prunes.atRest(facts);
      if (states.length === 0) {
        this.#checkPresence(facts.id);
        continue;
      }
      const [state] = states;
      if (states.length > 1 || state === undefined || !isTerminal(state)) {
        this.ledger.report("rest", `${facts.id} is in ${states.join(" and ")} at the end`);
        continue;
      }
      this.#checkEnd(facts, state);
    }
    this.#checkAcknowledged();
    if (!this.prunes.areOver) this.ledger.report("rest", "a prune was begun and not finished");
  }

  #checkEnd(facts: TaskFacts, state: TaskState): void {
    const { id, decided } = facts;
    const record = this.#record(state, id);
    if (record === undefined) return this.ledger.report("3", `${state}/${id} is no record`);
    const run = record.run ?? 1;
    if (decided !== undefined && (run < decided.run || state !== decided.state)) {
      this.ledger.report(
        "4",
        `${id} was said to be ${decided.state} in run ${decided.run}, and is ${state} in ${run}`,
      );
    }
    if (run <= facts.retriedRun) {
      this.ledger.report("4", `the retry of ${id} after run ${facts.retriedRun} was acknowledged`);
    }
    this.#checkTold(id, state, record);
  }

  #record(state: TaskState, id: string): StoredRecord | undefined {
    return recordIn(this.fs, state, id);
  }
}

function placeOf(path: string | undefined): Place | undefined {
  if (!path?.startsWith(TASKS) || !path.endsWith(".json")) return undefined;
  const slash = path.indexOf("/", TASKS.length);
  const state = path.slice(TASKS.length, slash) as TaskState;
  return { state, id: path.slice(slash + 1, -5) };
}

function isTerminal(state: TaskState | undefined): boolean {
  return state === "completed" || state === "failed";
}
