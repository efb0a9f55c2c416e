/** What the tasks of the storm are, what the model says to them, and how each must end. */
import type { RecordedRequest, Reply } from "../support/model_server.ts";
import { promptOf } from "../support/two_models.ts";
import { Random } from "../simulation/random.ts";

/**
 * - `plain`: one answer.
 * - `slow`: one answer that takes up to a second and a half.
 * - `tools`: a tool of each effect, then the result.
 * - `once`: a tool with effects "once", then the result.
 * - `long`: the same two times, and each answer takes seconds: services come and go meanwhile.
 * - `busy`: the first call gets a 503.
 * - `limited`: the first call gets a 429 with a wait of a second.
 * - `reset`: the first call's connection is reset, before or in the middle of its answer.
 * - `hanging`: the first call has no answer for seconds, and then a reset.
 * - `refused`: 400 until a person retries the task.
 * - `invalid`: no task at all.
 */
export type Kind =
  | "plain"
  | "slow"
  | "tools"
  | "once"
  | "long"
  | "busy"
  | "limited"
  | "reset"
  | "hanging"
  | "refused"
  | "invalid";

/** In parts of a thousand; the rest is plain. */
const SHARES: readonly (readonly [Kind, number])[] = [
  ["slow", 30],
  ["tools", 40],
  ["once", 30],
  ["long", 10],
  ["busy", 15],
  ["limited", 2],
  ["reset", 15],
  ["hanging", 3],
  ["refused", 20],
  ["invalid", 5],
];

const LONG_MS = [1_500, 5_000] as const;
const TOOLS = ["storm_none", "storm_idempotent", "storm_once"];

/** Chooses what a task is. */
export function chooseKind(random: Random): Kind {
  let left = random.int(1_000);
  for (const [kind, share] of SHARES) {
    if (left < share) return kind;
    left -= share;
  }
  return "plain";
}

/** The result that a task must have. */
export function resultOf(id: string): string {
  return `the result of ${id}`;
}

/** The model's part, and what it saw. */
export class Oracle {
  /** Tasks that a person has retried: they are refused no more. */
  readonly allowed = new Set<string>();
  /** Tasks about which two calls were open at the same time. */
  readonly overlaps: string[] = [];
  calls = 0;
  readonly #asked = new Map<string, number>();
  readonly #open = new Map<string, Set<RecordedRequest>>();

  constructor(
    private readonly random: Random,
    private readonly kindOf: (id: string) => Kind | undefined,
  ) {}

  answer(request: RecordedRequest): Reply {
    const id = promptOf(request);
    this.calls++;
    this.#watch(id, request);
    const asked = (this.#asked.get(id) ?? 0) + 1;
    this.#asked.set(id, asked);
    return this.#reply(id, this.kindOf(id) ?? "plain", asked === 1, request);
  }

  #reply(id: string, kind: Kind, isFirst: boolean, request: RecordedRequest): Reply {
    const final: Reply = { text: resultOf(id) };
    if (kind === "refused" && !this.allowed.has(id)) {
      return { status: 400, body: { error: { message: "not this one" } } };
    }
    if (kind === "slow") return { ...final, latency_ms: this.random.int(1_500) };
    if (kind === "tools") return this.#nextTool(request, TOOLS) ?? final;
    if (kind === "once") return this.#nextTool(request, ["storm_once"]) ?? final;
    if (kind === "long") {
      const reply = this.#nextTool(request, ["storm_once", "storm_once"]) ?? final;
      return { ...reply, latency_ms: this.random.between(...LONG_MS) };
    }
    if (!isFirst) return final;
    if (kind === "busy") return { status: 503, body: "busy" };
    if (kind === "limited") return { status: 429, body: "slow", headers: { "retry-after": "1" } };
    if (kind === "reset") return { ...final, reset: this.random.pick(["before", "middle"]) };
    if (kind === "hanging") return { latency_ms: 4_000, reset: "before" };
    return final;
  }

  #nextTool({ body }: RecordedRequest, names: readonly string[]): Reply | undefined {
    const name = names[body.messages.filter(({ role }) => role === "tool").length];
    if (name === undefined) return undefined;
    return { tool_calls: [{ name, arguments: { ms: this.random.int(40) } }] };
  }

  // A process that was killed may have left a connection that this one has not yet seen close.
  #watch(id: string, request: RecordedRequest): void {
    const open = this.#open.get(id) ?? new Set();
    this.#open.set(id, open);
    for (const other of open) void this.#expectClosed(id, other);
    open.add(request);
    void request.closed.then(() => {
      open.delete(request);
      if (open.size === 0) this.#open.delete(id);
    });
  }

  async #expectClosed(id: string, other: RecordedRequest): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), CLOSE_MS);
    });
    if (await Promise.race([other.closed, late]) === "late") this.overlaps.push(id);
    clearTimeout(timer);
  }
}

/** A dead process's connection is seen to be closed within this time, in milliseconds. */
const CLOSE_MS = 2_000;
