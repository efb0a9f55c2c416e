/** The tree of contract.md §1: where everything lies. Ids are checked before they reach a path. */
import { join } from "@std/path";
import { systemRuntime } from "../runtime.ts";
import { TASK_STATES, type TaskState } from "../task/record.ts";

export class Layout {
  readonly notifications: string;
  readonly conversations: string;
  readonly journal: string;
  readonly artifacts: string;
  readonly cancel: string;
  readonly prune: string;
  /** The mark of a move of all tasks; there only while one is under way or was cut short. */
  readonly moving: string;
  /** Records of tasks that are moving away or hither, and of which only parts are here. */
  readonly in_transit: string;
  readonly rejected: string;
  readonly services: string;
  readonly tmp: string;
  readonly #tasks: Record<TaskState, string>;

  /**
   * @param root the absolute path of `persistent/`
   * @param token makes names that nobody else chooses
   */
  constructor(readonly root: string, private readonly token = systemRuntime.token) {
    this.#tasks = {
      pending: join(root, "tasks", "pending"),
      running: join(root, "tasks", "running"),
      completed: join(root, "tasks", "completed"),
      failed: join(root, "tasks", "failed"),
    };
    this.notifications = join(root, "notifications");
    this.conversations = join(root, "conversations");
    this.journal = join(root, "journal");
    this.artifacts = join(root, "artifacts");
    this.cancel = join(root, "control", "cancel");
    this.prune = join(root, "control", "prune");
    this.moving = join(root, "control", "moving");
    this.in_transit = join(root, "control", "in_transit");
    this.rejected = join(root, "rejected");
    this.services = join(root, "services");
    this.tmp = join(root, "tmp");
  }

  /** The directory of a state. */
  state(state: TaskState): string {
    return this.#tasks[state];
  }

  /** A task's record. String concatenation: this runs several times for each task. */
  task(state: TaskState, id: string): string {
    return `${this.#tasks[state]}/${id}.json`;
  }

  /** A fresh name for a file that is being written. */
  temporary(id: string): string {
    return `${this.tmp}/${id}.${this.token()}`;
  }

  /** The directories that stay on this machine wherever tasks are kept, parents first. */
  localDirectories(): string[] {
    return [this.root, this.conversations, this.tmp];
  }

  /** Every directory that must be there, parents first. */
  directories(): string[] {
    return [
      this.root,
      join(this.root, "tasks"),
      ...TASK_STATES.map((state) => this.state(state)),
      this.notifications,
      this.conversations,
      this.journal,
      this.artifacts,
      join(this.root, "control"),
      this.cancel,
      this.prune,
      this.rejected,
      this.services,
      this.tmp,
    ];
  }
}
