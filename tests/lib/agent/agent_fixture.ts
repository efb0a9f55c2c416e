import type { AgentRun } from "../../../lib/agent/run_agent.ts";
import type { Artifacts } from "../../../lib/artifacts/artifacts.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import { withDefaults } from "../../../lib/task/parse_record.ts";
import { beginAttempt, type ClaimedRecord } from "../../../lib/task/transitions.ts";
import { FakeToolbox } from "./fake_toolbox.ts";
import { MemoryJournal } from "./memory_journal.ts";
import { type Reply, ScriptedModel } from "./scripted_model.ts";

const OWNER = { service_id: "service-1", pid: 1, host: "here" };

/** A task that has just been claimed for the first time. */
export function claimedRecord(fields: Record<string, unknown> = {}): ClaimedRecord {
  const request = { conversation_id: "c1", prompt: "Find out.", title: "Finding out", ...fields };
  return {
    ...beginAttempt(
      withDefaults("task-1", request, Date.now()),
      OWNER,
      "incarnation-1",
      Date.now(),
    ),
    ...fields,
  };
}

/** Artifacts in memory. */
export class MemoryArtifacts implements Artifacts {
  readonly files = new Map<string, string>();

  write(_task_id: string, name: string, bytes: Uint8Array): Promise<string> {
    if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(name)) {
      return Promise.reject(new RangeError(`no artifact's name: "${name}"`));
    }
    this.files.set(name, new TextDecoder().decode(bytes));
    return Promise.resolve(name);
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()].sort());
  }

  size(_task_id: string, name: string): Promise<number | undefined> {
    const text = this.files.get(name);
    const size = text === undefined ? undefined : new TextEncoder().encode(text).length;
    return Promise.resolve(size);
  }

  read(_task_id: string, name: string): Promise<Uint8Array | undefined> {
    const text = this.files.get(name);
    return Promise.resolve(text === undefined ? undefined : new TextEncoder().encode(text));
  }
}

/** A run with everything in memory, and the handles to steer it and to look at it. */
export interface Fixture {
  readonly run: AgentRun;
  readonly journal: MemoryJournal;
  readonly model: ScriptedModel;
  readonly toolbox: FakeToolbox;
  readonly artifacts: MemoryArtifacts;
  readonly cancelled: AbortController;
  readonly stopping: AbortController;
  readonly abandon: AbortController;
}

export function fixture(parts: {
  readonly record?: Record<string, unknown>;
  readonly journal?: MemoryJournal | readonly JournalEntry[];
  readonly model?: ScriptedModel | readonly Reply[];
  readonly toolbox?: FakeToolbox;
  readonly run?: Partial<AgentRun>;
} = {}): Fixture {
  const journal = parts.journal instanceof MemoryJournal
    ? parts.journal
    : new MemoryJournal(parts.journal);
  const model = parts.model instanceof ScriptedModel
    ? parts.model
    : new ScriptedModel(parts.model ?? []);
  const toolbox = parts.toolbox ?? new FakeToolbox({});
  const artifacts = new MemoryArtifacts();
  const [cancelled, stopping, abandon] = [1, 2, 3].map(() => new AbortController()) as [
    AbortController,
    AbortController,
    AbortController,
  ];
  const signals = {
    cancelled: cancelled.signal,
    stopping: stopping.signal,
    abandon: abandon.signal,
  };
  const record = claimedRecord(parts.record);
  const run = { record, journal, artifacts, model, toolbox, signals, ...parts.run };
  return { run, journal, model, toolbox, artifacts, cancelled, stopping, abandon };
}
