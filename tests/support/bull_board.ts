/** bull-board on a test's queue, as its users set it up: a program with packages of its own. */
import { fromFileUrl } from "@std/path";
import { linesOf } from "../bench/lines_of.ts";

/**
 * With a lock file of its own: Deno downloads all that a lock file names whatever it runs, and who
 * runs the project needs no bull-board.
 */
const DIRECTORY = new URL("../e2e/bull_board/", import.meta.url);
const RIGHTS = ["read", "env", "sys", "net=127.0.0.1"];

/** A job as the board's API shows it. */
export interface BoardJob {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly returnValue: unknown;
  readonly failedReason?: string;
  readonly isFailed: boolean;
  readonly timestamp: number;
  readonly processedOn?: number;
  readonly finishedOn?: number;
}

/** The names of its tabs. */
export type BoardState =
  | "latest"
  | "active"
  | "waiting"
  | "prioritized"
  | "delayed"
  | "completed"
  | "failed";

/** What goes with a button; most are a PUT without more. */
export interface Pressed {
  readonly method?: "PUT" | "POST" | "PATCH";
  readonly body?: unknown;
}

interface BoardQueue {
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly BoardJob[];
}

/** A board that is served. Gone at the end of its scope. */
export class BullBoard implements AsyncDisposable {
  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly lines: AsyncGenerator<string>,
    /** Its first page. */
    readonly url: string,
  ) {}

  /** @param redis_url of the server, without parameters */
  static async start(redis_url: string, prefix = "bts"): Promise<BullBoard> {
    const path = (of: string) => fromFileUrl(new URL(of, DIRECTORY));
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--config",
        path("deno.json"),
        ...RIGHTS.map((right) => `--allow-${right}`),
        path("serve_board.ts"),
        redis_url,
        `{${prefix}}`,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = linesOf(child.stdout);
    const { value, done } = await lines.next();
    if (done) throw new Error("bull-board ended before it said where it is");
    return new BullBoard(child, lines, value);
  }

  /** The address of a tab for a person. */
  tab(state: BoardState): string {
    return `${this.url}/queue/tasks?status=${state}`;
  }

  /** How many jobs are in each state; those in none are left out. */
  async counts(): Promise<Record<string, number>> {
    const { counts } = await this.#queue("latest");
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }

  /** The jobs of a tab, by their ids. */
  async jobs(state: BoardState): Promise<Readonly<Record<string, BoardJob>>> {
    const { jobs } = await this.#queue(state);
    return Object.fromEntries(jobs.map((job) => [job.id, job]));
  }

  /** The names of the workers that it sees. */
  async workers(): Promise<string[]> {
    const { workers } = await this.#get("queues/tasks/workers");
    return (workers as { name: string }[]).map(({ name }) => name);
  }

  /**
   * Does what a button does.
   *
   * @param action the API's path from the queue on, such as `some-id/retry`
   */
  async press(action: string, { method = "PUT", body }: Pressed = {}): Promise<void> {
    const response = await fetch(`${this.url}/api/queues/tasks/${action}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${action}: ${response.status} ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stdin.close();
    await this.child.status;
    await this.lines.return(undefined);
  }

  async #queue(status: BoardState): Promise<BoardQueue> {
    const query = new URLSearchParams({ activeQueue: "tasks", status, jobsPerPage: "50" });
    const { queues } = await this.#get(`queues?${query}`);
    const [queue] = queues as BoardQueue[];
    if (queue === undefined) throw new Error("the board shows no queue");
    return queue;
  }

  async #get(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/api/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  }
}
