/**
 * A fresh directory in which the real programs run as child processes, looked at from outside:
 * only what is on disk and what they print.
 *
 * ```ts
 * await using scene = await Scene.open({ OPENAI_BASE_URL: server.base_url });
 * const service = await scene.service();
 * scene.submit("t1", { prompt: "Say hello" });
 * const record = await scene.completed("t1");
 * ```
 */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { type JournalEntry, parseJournalEntry } from "../../lib/task/journal_entry.ts";
import type { TaskRecord, TaskState } from "../../lib/task/record.ts";
import { eventually, soon } from "./eventually.ts";
import { type Program, type ProgramName, type ProgramResult, startProgram } from "./program.ts";

/** A record as it lies on disk, or as a program prints it. */
export type Json = Record<string, unknown>;

/** What differs from a plain start of a program. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly under?: readonly string[];
}

export class Scene implements AsyncDisposable {
  readonly #programs = new Set<Program>();

  private constructor(
    /** Everything of this scene is below it. */
    readonly root: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly project: string | undefined,
  ) {}

  /**
   * @param env for every program; LOG_LEVEL and the like, and where the model server is
   * @param options.tools what is in tools.json; empty by default
   * @param options.project other programs than this project's own
   */
  static async open(
    env: Readonly<Record<string, string>> = {},
    options: { readonly tools?: Json; readonly project?: string } = {},
  ): Promise<Scene> {
    const root = await Deno.makeTempDir({ prefix: "bts-e2e-" });
    // The tools' workspace is made beside this file, so it is never the project's own.
    const TOOLS_FILE = join(root, "tools.json");
    await Deno.writeTextFile(TOOLS_FILE, JSON.stringify(options.tools ?? {}));
    return new Scene(root, { NO_COLOR: "1", TOOLS_FILE, ...env }, options.project);
  }

  /** The `persistent/` of this scene. */
  get directory(): string {
    return join(this.root, "persistent");
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): Json {
    return JSON.parse(Deno.readTextFileSync(this.path(name)));
  }

  /** The names in a directory, sorted; none where it is not there. */
  names(directory: string): string[] {
    if (!this.has(directory)) return [];
    return [...Deno.readDirSync(this.path(directory))].map(({ name }) => name).sort();
  }

  /** The ids of the tasks in a state. */
  ids(state: TaskState): string[] {
    return this.names(`tasks/${state}`)
      .filter((name) => name.endsWith(".json") && !name.startsWith("."))
      .map((name) => name.slice(0, -5));
  }

  /** A task's record where it is in that state just now. */
  record(state: TaskState, id: string): TaskRecord | undefined {
    try {
      return JSON.parse(Deno.readTextFileSync(this.path(`tasks/${state}/${id}.json`)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Resolves with the record once the task is completed. */
  completed(id: string, seconds?: number): Promise<TaskRecord> {
    return eventually(`${id} in completed/`, () => this.record("completed", id), seconds);
  }

  /** Resolves with the record once the task has failed. */
  failed(id: string, seconds?: number): Promise<TaskRecord> {
    return eventually(`${id} in failed/`, () => this.record("failed", id), seconds);
  }

  /** What a task's journal holds by now; a line that is being written is left out. */
  journal(id: string): JournalEntry[] {
    if (!this.has(`journal/${id}.jsonl`)) return [];
    const lines = Deno.readTextFileSync(this.path(`journal/${id}.jsonl`)).split("\n").slice(0, -1);
    return lines.map((line) => parseJournalEntry(JSON.parse(line))).filter((e) => e !== undefined);
  }

  /** The names of all notifications of a conversation, shown or not. */
  notifications(conversation: string): string[] {
    return [`notifications/${conversation}`, `notifications/${conversation}/read`]
      .flatMap((directory) => this.names(directory))
      .filter((name) => name.endsWith(".json"));
  }

  /** Hands in a task as any other program would: written under tmp/, then moved. */
  submit(id: string, fields: Json): void {
    for (const directory of ["tmp", "tasks/pending"]) {
      Deno.mkdirSync(this.path(directory), { recursive: true });
    }
    const text = JSON.stringify({ conversation_id: "c1", ...fields });
    Deno.writeTextFileSync(this.path(`tmp/${id}.e2e`), text);
    Deno.renameSync(this.path(`tmp/${id}.e2e`), this.path(`tasks/pending/${id}.json`));
  }

  /** Starts a service; resolves once it takes tasks. */
  async service(args: readonly string[] = [], options: StartOptions = {}): Promise<Program> {
    const program = this.start("background", args, options);
    await soon("a service that is ready", program.seen(/ is ready, /, "stderr"));
    return program;
  }

  /** Runs main.ts to its end. */
  main(args: readonly string[], options: StartOptions = {}): Promise<ProgramResult> {
    return end(this.start("main", args, options));
  }

  /** Runs the operator's command to its end. */
  tasks(args: readonly string[], options: StartOptions = {}): Promise<ProgramResult> {
    return end(this.start("tasks", args, options));
  }

  /** Starts a program in this scene's directory. */
  start(name: ProgramName, args: readonly string[], options: StartOptions = {}): Program {
    const program = startProgram(name, [...args, "--dir", this.directory], {
      ...options,
      env: { ...this.env, ...options.env },
      ...(this.project === undefined ? {} : { project: this.project }),
    });
    this.#programs.add(program);
    void program.ended.finally(() => this.#programs.delete(program));
    return program;
  }

  /** Ends what still runs and removes the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const left = [...this.#programs];
    for (const program of left) program.kill("SIGKILL");
    await Promise.all(left.map((program) => program.ended));
    // What a killed shell has started may still write there for a moment.
    await eventually(
      "its directory is gone",
      () =>
        Deno.remove(this.root, { recursive: true }).then(() => true, (error) => {
          if (/not empty/i.test(String(error))) return false;
          throw error;
        }),
    );
  }
}

/** Stops a service as an operator would, and gives how it ended. */
export async function stop(service: Program): Promise<ProgramResult> {
  service.kill("SIGTERM");
  return await end(service);
}

/** Resolves when a program has ended, and fails where it does not. */
export function end(program: Program): Promise<ProgramResult> {
  return soon("the end of a program", program.ended, 60);
}
