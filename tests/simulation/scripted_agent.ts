/**
 * An agent's run without a model: journals as the real one does (answer before its tools, start
 * before the tool, end before the answer to it), and calls tools whose every execution is counted.
 */
import type { AgentOutcome, RunSignals } from "../../lib/agent/agent_run.ts";
import type { Journal, NewJournalEntry } from "../../lib/journal/journal.ts";
import type { JournalEntry } from "../../lib/task/journal_entry.ts";
import type { ClaimedRecord } from "../../lib/task/transitions.ts";
import type { Ledger } from "./ledger.ts";
import type { SimulatedProcess } from "./simulated_process.ts";

const USAGE = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const ERROR = { code: "model_unavailable", message: "as the script says" } as const;

/** Runs the script that is the task's prompt, from where its journal ends. */
export async function runScript(
  process: SimulatedProcess,
  ledger: Ledger,
  record: ClaimedRecord,
  signals: RunSignals,
): Promise<AgentOutcome> {
  const journal = await process.journals.open(record.id, record.incarnation);
  try {
    const marks = journal.entries.map((entry) => String(entry["mark"]));
    ledger.opened(record.id, record.incarnation, marks);
    return await new ScriptRun(process, ledger, record, signals, journal).run();
  } finally {
    journal.close();
  }
}

class ScriptRun {
  readonly #entries: readonly JournalEntry[];

  constructor(
    private readonly process: SimulatedProcess,
    private readonly ledger: Ledger,
    private readonly record: ClaimedRecord,
    private readonly signals: RunSignals,
    private readonly journal: Journal,
  ) {
    this.#entries = journal.entries;
  }

  async run(): Promise<AgentOutcome> {
    const [calls = "", endings = "c"] = this.record.prompt.split(":");
    const { run, attempt, service_id } = this.record;
    await this.journal.note({ type: "attempt_started", run, attempt, service_id });
    for (let step = 1; step <= calls.length; step++) {
      const stopped = this.#stopped();
      if (stopped !== undefined) return stopped;
      await this.#answer(step);
      await this.#callTools(step, calls.charAt(step - 1));
    }
    return this.#stopped() ?? this.#end(endings);
  }

  #stopped(): AgentOutcome | undefined {
    const { cancelled, stopping, abandon } = this.signals;
    if (cancelled.aborted) return { kind: "cancelled", usage: USAGE };
    if (stopping.aborted || abandon.aborted) return { kind: "interrupted" };
    return undefined;
  }

  async #answer(step: number): Promise<void> {
    if (this.#find("model_answer", step)) return;
    await this.process.runtime.sleep(this.process.random.int(4));
    await this.#append({
      type: "model_answer",
      step,
      message: { role: "assistant", content: null },
      finish_reason: "tool_calls",
      usage: USAGE,
      model: "script",
      duration_ms: 1,
    });
  }

  // A capital letter: two calls at the same time, which share their flushes.
  async #callTools(step: number, letter: string): Promise<void> {
    const effects = letter.toLowerCase() === "o" ? "once" : "idempotent";
    const calls = letter === letter.toLowerCase() ? ["c"] : ["c", "d"];
    await Promise.all(calls.map((call_id) => this.#call(step, call_id, effects)));
  }

  async #call(step: number, call_id: string, effects: "once" | "idempotent"): Promise<void> {
    if (this.#find("tool_finished", step, call_id)) return;
    const ended = { type: "tool_finished", step, call_id, duration_ms: 1 } as const;
    if (this.#find("tool_started", step, call_id) && effects === "once") {
      // It may have run: the model is told so, and nothing repeats it.
      return await this.#append({ ...ended, error: "its outcome is unknown" });
    }
    const call = { step, call_id, name: "tool", arguments: "{}", effects };
    await this.#append({ type: "tool_started", ...call });
    const { id, incarnation } = this.record;
    if (this.record.prompt.charAt(step - 1) === "k") {
      await this.process.artifacts.write(id, "kept.txt", new Uint8Array(1));
    }
    this.ledger.effect(`${id}/${incarnation}/${step}/${call_id}`, effects);
    await this.process.runtime.sleep(this.process.random.int(4));
    await this.#append({ ...ended, output: "done" });
  }

  #end(endings: string): AgentOutcome {
    const past = this.record.attempts.filter(({ outcome }) =>
      outcome === "retry" || outcome === "rate_limited"
    );
    const ending = endings[Math.min(past.length, endings.length - 1)];
    if (ending === "f") return { kind: "failed", error: ERROR, usage: USAGE };
    if (ending === "r") return { kind: "retry", error: ERROR, uses_attempt: true, usage: USAGE };
    if (ending === "l") {
      const wait = { retry_after_ms: 30 };
      return { kind: "retry", error: ERROR, uses_attempt: false, ...wait, usage: USAGE };
    }
    return { kind: "completed", result: "done", artifacts: [], usage: USAGE };
  }

  #find(type: JournalEntry["type"], step: number, call_id?: string): boolean {
    return this.#entries.some((entry) =>
      entry.type === type && entry["step"] === step &&
      (call_id === undefined || entry["call_id"] === call_id)
    );
  }

  async #append(entry: NewJournalEntry): Promise<void> {
    const mark = this.ledger.mark();
    await this.journal.append({ ...entry, mark } as NewJournalEntry);
    this.ledger.appended(this.record.id, this.record.incarnation, mark);
  }
}
