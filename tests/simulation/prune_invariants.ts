/** What must be true of prunes, compared with the simulated file system; part of invariants.ts. */
import type { Ledger, TaskFacts } from "./ledger.ts";
import type { Owner } from "./scheduler.ts";
import { type Inode, isLockedBy, type NameChange, type SimulatedFs } from "./simulated_fs.ts";
import { ROOT } from "./simulated_process.ts";
import { parseStored, recordIn } from "./stored_record.ts";

/** Where the marks of prunes under way are. */
export const MARKS = `${ROOT}/control/prune`;
const TASKS = `${ROOT}/tasks/`;
const NOTIFICATIONS = `${ROOT}/notifications/`;
const JOURNALS = `${ROOT}/journal/`;
const ARTIFACTS = `${ROOT}/artifacts/`;
const ENDS = ["completed", "failed"] as const;

export class PruneInvariants {
  constructor(
    private readonly fs: SimulatedFs,
    private readonly ledger: Ledger,
    private readonly step: () => number,
  ) {}

  // What a prune is asked for must be so when it begins, under the task's lock.
  begun(owner: Owner, { to = "", inode }: NameChange): void {
    const id = to.slice(MARKS.length + 1);
    const facts = this.ledger.task(id);
    if (facts.wild) return;
    const finished = Date.parse(parseStored(inode.bytes)?.finished_at ?? "");
    const unread = this.#belongings(id).some(isUnread);
    const asked = facts.prunes.some((prune) =>
      prune.by === owner && prune.ended === undefined && (prune.unread || !unread) &&
      (prune.ended_before === undefined || finished < prune.ended_before)
    );
    if (!asked) this.ledger.report("prune", `${id} is pruned, as nobody asked for`);
    if (!isLockedBy(inode, owner)) {
      this.ledger.report("2", `${owner.name} prunes ${id} without its lock`);
    }
    if (!this.isMarked(id)) this.ledger.report("prune", `the mark of ${id} is of no ended task`);
  }

  // Journals, artifacts and notifications go with a marked record, before it: never another way.
  removed(path: string): void {
    const id = ownerOf(path);
    if (id === undefined || this.ledger.task(id).wild) return;
    if (!this.isMarked(id)) this.ledger.report("prune", `${path} was removed, its task stays`);
    for (const told of this.ledger.acknowledged.keys()) {
      if (path.endsWith(`/${told}.json`)) this.ledger.acknowledged.delete(told);
    }
  }

  /** Whether the ended record of this id is on its way out. */
  isMarked(id: string): boolean {
    const mark = this.fs.inode(`${MARKS}/${id}`);
    return mark !== undefined &&
      ENDS.some((state) => this.fs.inode(`${TASKS}${state}/${id}.json`) === mark);
  }

  /** All that lies around of a task beside its record. */
  #belongings(id: string): string[] {
    const journal = `${JOURNALS}${id}.jsonl`;
    const paths = this.fs.inode(journal) === undefined ? [] : [journal];
    const directories = [`${ARTIFACTS}${id}`, `${NOTIFICATIONS}talk`, `${NOTIFICATIONS}talk/read`];
    for (const directory of directories) {
      for (const name of this.fs.directory(directory)?.keys() ?? []) {
        if (ownerOf(`${directory}/${name}`) === id) paths.push(`${directory}/${name}`);
      }
    }
    return paths;
  }

  // A record is removed: nothing else of its task may be there, or the next one would find it.
  ended(facts: TaskFacts, from: string, inode: Inode): void {
    const left = this.#belongings(facts.id);
    if (left.length > 0) this.ledger.report("prune", `${from} is gone before ${left.join(", ")}`);
    if (this.fs.inode(`${MARKS}/${facts.id}`) !== inode) {
      this.ledger.report("prune", `${from} is removed without a mark`);
    }
    facts.forget(inode, this.step());
  }

  // Half a task must not pass for a whole one.
  #checkNotHalf(id: string): void {
    if (this.isMarked(id)) return;
    for (const state of ENDS) {
      const record = recordIn(this.fs, state, id);
      if (record === undefined) continue;
      const { incarnation = "" } = record;
      const lost = this.ledger.hasJournal(id, incarnation) &&
        this.fs.inode(`${JOURNALS}${id}.jsonl`) === undefined;
      if (lost) this.ledger.report("prune", `the journal of ${state}/${id} is gone`);
    }
  }

  /** 7: an acknowledged prune is not undone. */
  afterPowerCut({ id, removedForGood }: TaskFacts): void {
    this.#checkNotHalf(id);
    for (const state of ENDS) {
      const there = this.fs.inode(`${TASKS}${state}/${id}.json`);
      if (there !== undefined && removedForGood.has(there)) {
        this.ledger.report("7", `${id} was acknowledged as pruned and is in ${state} again`);
      }
    }
  }

  /** Whether every prune that was begun has come to its end. */
  get areOver(): boolean {
    return (this.fs.directory(MARKS)?.size ?? 0) === 0;
  }

  /** When nothing is left to do. */
  atRest({ id, generation }: TaskFacts): void {
    this.#checkNotHalf(id);
    if (generation === 0 || this.#isThere(id)) return;
    const left = this.#belongings(id);
    if (left.length > 0) this.ledger.report("prune", `${id} is gone but for ${left.join(", ")}`);
  }

  #isThere(id: string): boolean {
    return ENDS.some((state) => this.fs.inode(`${TASKS}${state}/${id}.json`) !== undefined);
  }
}

/** The task that a journal, an artifact or a notification belongs to. */
function ownerOf(path: string): string | undefined {
  const [, room, ...rest] = path.slice(1).split("/");
  const name = rest.at(-1) ?? "";
  if (room === "journal") return name.replace(/\.jsonl$/, "");
  if (room === "artifacts") return rest[0];
  if (room !== "notifications") return undefined;
  return /^(.*)-(?:completed|failed)(?:-\d+)?\.json$/.exec(name)?.[1];
}

function isUnread(path: string): boolean {
  return path.startsWith(NOTIFICATIONS) && !path.includes("/read/");
}
