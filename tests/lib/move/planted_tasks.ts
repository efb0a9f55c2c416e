/** A directory of tasks of every kind, with all that can belong to one. */
import { join } from "@std/path";

type Fields = Readonly<Record<string, unknown>>;

const START = Date.parse("2026-01-31T09:00:00.000Z");
/** Later than any test. */
const FUTURE = "2099-12-31T23:59:59.000Z";

const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

/** Puts tasks of all kinds into a directory, one kind after the other, as programs leave them. */
export function plantTasks(root: string, count: number): string[] {
  const tree = new Tree(root);
  return Array.from({ length: count }, (_, i) => {
    const id = `${KINDS[i % KINDS.length]![0]}-${String(i).padStart(6, "0")}`;
    KINDS[i % KINDS.length]![1](tree, id, i);
    return id;
  });
}

class Tree {
  constructor(private readonly root: string) {
    for (const state of ["pending", "running", "completed", "failed"]) {
      Deno.mkdirSync(join(root, "tasks", state), { recursive: true });
    }
    for (const name of ["journal", "artifacts", "notifications", "control/cancel"]) {
      Deno.mkdirSync(join(root, name), { recursive: true });
    }
  }

  task(state: string, id: string, fields: Fields): void {
    const conversation_id = `c${id.length % 3}`;
    const record = { version: 1, id, conversation_id, prompt: `Do ${id}.`, ...fields };
    // Digits that a double cannot hold, and names that nobody knows.
    const unknown = `"x_digits": 12345678901234567890.10, "__proto__": {"a": [1, -0]}`;
    const text = JSON.stringify(record).replace(/\}$/, `, ${unknown}}`);
    this.write(`tasks/${state}/${id}.json`, text);
  }

  journal(id: string, lines: number, end = ""): void {
    const header = { at: at(0), type: "journal_started", version: 1, incarnation: `inc-${id}` };
    const entries = Array.from({ length: lines }, (_, i) => ({
      at: at(i + 1),
      type: "model_answer",
      text: `Grüße ${i} — ${"x".repeat(i % 5 === 0 ? 5_000 : 20)}`,
    }));
    const text = [header, ...entries].map((entry) => JSON.stringify(entry) + "\n").join("");
    this.write(`journal/${id}.jsonl`, text + end);
  }

  artifact(id: string, name: string, bytes: Uint8Array): void {
    Deno.mkdirSync(join(this.root, "artifacts", id), { recursive: true });
    Deno.writeFileSync(join(this.root, "artifacts", id, name), bytes);
  }

  notification(id: string, name: string, read: boolean, fields: Fields = {}): void {
    const conversation_id = `c${id.length % 3}`;
    const directory = `notifications/${conversation_id}${read ? "/read" : ""}`;
    Deno.mkdirSync(join(this.root, directory), { recursive: true });
    const about = { version: 1, id: name, conversation_id, task_id: id, event: "completed" };
    const text = { title: "T", message: "Grüße", created_at: at(9), x_unknown: [1], ...fields };
    this.write(`${directory}/${name}.json`, JSON.stringify({ ...about, ...text }));
  }

  cancel(id: string): void {
    this.write(`control/cancel/${id}`, JSON.stringify({ incarnation: `inc-${id}`, run: 1 }));
  }

  write(path: string, content: string | Uint8Array): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(join(this.root, path), bytes);
  }
}

const defaults = (i: number): Fields => ({
  title: `Task ${i}`,
  priority: i % 201 - 100,
  created_at: at(i),
  max_attempts: 3,
  timeout_seconds: 600,
  max_steps: 30,
});

const owner = { service_id: "dead", pid: 1, host: "gone" };
const usage = {
  input_tokens: 1,
  output_tokens: 2,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};

function claimed(id: string, i: number, run = 1): Fields {
  const attempts = Array.from({ length: run }, (_, n) => ({
    run: n + 1,
    attempt: 1,
    service_id: "dead",
    started_at: at(n * 10),
    ...(n + 1 < run ? { ended_at: at(n * 10 + 5), outcome: "failed" } : {}),
  }));
  const incarnation = `inc-${id}`;
  return { ...defaults(i), incarnation, run, attempt: 1, interruptions: 0, attempts };
}

function ended(id: string, i: number, run = 1): Fields {
  const { attempts, ...rest } = claimed(id, i, run) as { attempts: Fields[] };
  const last = { ...attempts.at(-1), ended_at: at(99), outcome: "completed" };
  const to = "completed";
  return {
    ...rest,
    ...owner,
    started_at: at(0),
    attempts: [...attempts.slice(0, -1), last],
    finished_at: at(99),
    duration_ms: 5,
    usage,
    staged: { to, run },
  };
}

const random = (length: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761 >>> 13) & 255);

const KINDS: readonly [name: string, plant: (tree: Tree, id: string, i: number) => void][] = [
  [
    "waits",
    (tree, id, i) => tree.task("pending", id, { ...defaults(i), metadata: { a: { b: 1 } } }),
  ],
  ["later", (tree, id, i) => tree.task("pending", id, { ...defaults(i), run_at: FUTURE })],
  ["again", (tree, id, i) => {
    const { attempts, ...rest } = ended(id, i);
    const { staged: _, finished_at: _f, duration_ms: _d, ...open } = rest as Record<
      string,
      unknown
    >;
    tree.task("pending", id, { ...open, attempts, retry_at: FUTURE });
    tree.journal(id, 3);
    tree.cancel(id);
  }],
  ["runs", (tree, id, i) => {
    tree.task("running", id, { ...claimed(id, i), ...owner, started_at: at(0) });
    tree.journal(id, 5, '{"at": "torn');
    tree.artifact(id, "report.txt", random(20_000));
    tree.cancel(id);
  }],
  ["staged", (tree, id, i) => {
    tree.task("running", id, { ...ended(id, i), result: "Done." });
    tree.journal(id, 2);
    tree.notification(id, `${id}-completed`, false);
  }],
  ["done", (tree, id, i) => {
    tree.task("completed", id, { ...ended(id, i), result: "Grüße.", artifacts: ["a.bin", "b"] });
    tree.journal(id, 4);
    tree.artifact(id, "a.bin", random(3_000 + i));
    tree.artifact(id, "b", new Uint8Array(0));
    tree.notification(id, `${id}-completed`, false);
  }],
  ["shown", (tree, id, i) => {
    tree.task("completed", id, { ...ended(id, i, 3), result: "Third time." });
    tree.journal(id, 60);
    tree.notification(id, `${id}-failed`, true, { event: "failed" });
    tree.notification(id, `${id}-failed-2`, true, { event: "failed" });
    tree.notification(id, `${id}-completed-3`, true);
  }],
  ["invalid", (tree, id, i) => {
    const error = { code: "invalid_task", message: '"prompt" is missing', attempt: 0 };
    const ending = { finished_at: at(99), duration_ms: 0, run: 1, usage, error };
    const fields = { ...ending, staged: { to: "failed", run: 1 }, prompt: undefined };
    tree.task("failed", id, { title: `Invalid task ${id}`, created_at: at(i), ...fields });
    tree.write(`tasks/failed/${id}.original`, Uint8Array.of(0xff, 0xfe, 0x00, 0x7b, i & 255));
    tree.notification(id, `${id}-failed`, false, { event: "failed" });
  }],
  ["cancelled", (tree, id, i) => {
    const error = { code: "cancelled", message: "The task was cancelled.", attempt: 1 };
    tree.task("failed", id, { ...ended(id, i), error, staged: { to: "failed", run: 1 } });
    tree.notification(id, `${id}-failed`, true, { event: "failed" });
  }],
  ["retried", (tree, id, i) => {
    const { staged: _, ...rest } = ended(id, i) as Record<string, unknown>;
    tree.task("pending", id, { ...rest, error: { code: "timeout", message: "slow", attempt: 1 } });
    tree.journal(id, 2);
    tree.notification(id, `${id}-failed`, true, { event: "failed" });
  }],
];
