import { assertEquals } from "@std/assert";
import { type TaskChange, TaskWatch } from "../../../../lib/cli/tasks/task_watch.ts";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { ClaimedTask } from "../../../../lib/queue/task_queue.ts";
import { sleep } from "../../../../lib/sleep.ts";
import { NO_USAGE } from "../../../../lib/task/record.ts";
import { eventually } from "../../../support/eventually.ts";
import { testOnEachStorage } from "../../../support/temp_storage.ts";

const DONE = { kind: "completed", result: "42", artifacts: [], usage: NO_USAGE } as const;

function inWords(change: TaskChange): string {
  if (change.kind === "gone") return `${change.id}: ${change.from} → gone`;
  const { state, record: { id } } = change.task;
  if (change.kind === "state") return `${id}: ${change.from ?? "?"} → ${state}`;
  return `${id}: ${change.entry.type}${change.tool === undefined ? "" : ` of ${change.tool}`}`;
}

/** A watch whose changes can be waited for. */
class Watched {
  readonly all: string[] = [];
  readonly begun = Promise.withResolvers<void>();
  readonly #end = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    { queue, journals }: Pick<Storage, "queue" | "journals">,
    options: { readonly ids?: readonly string[]; readonly conversation_id?: string } = {},
  ) {
    const watch = new TaskWatch({
      queue,
      journals,
      now: Date.now,
      ...options,
      onBegun: () => this.begun.resolve(),
      onChange: (change) => {
        this.all.push(inWords(change));
      },
    });
    this.#running = watch.run(this.#end.signal);
  }

  /** Resolves once this was told. */
  async until(expected: string): Promise<void> {
    await eventually(expected, () => this.all.includes(expected));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }
}

async function add({ queue }: Storage, id: string, conversation_id = "c1"): Promise<void> {
  await queue.enqueue({ conversation_id, prompt: "p", id });
}

async function claim({ queue }: Storage): Promise<ClaimedTask> {
  const claimed = await queue.claim(AbortSignal.timeout(10_000));
  await claimed!.start();
  return claimed!;
}

/** A storage of which no hint ever comes. */
function silent(storage: Storage, overrides: Partial<Storage["queue"]> = {}) {
  const never = { watch: () => ({ close: () => {} }) };
  const queue = new Proxy(storage.queue, {
    get(target, name) {
      const found = { ...never, ...overrides }[name as "watch"] ?? target[name as "watch"];
      return typeof found === "function" ? found.bind(target) : found;
    },
  });
  const { journals: real } = storage;
  const journals: Storage["journals"] = {
    open: (id, incarnation) => real.open(id, incarnation),
    read: (id, incarnation) => real.read(id, incarnation),
    ...never,
  };
  return { queue, journals };
}

testOnEachStorage(
  "a watch tells of what is there, then of each change and each step in its order",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1");
      await using watched = new Watched(storage);
      await watched.begun.promise;
      const claimed = await claim(storage);
      await watched.until("t1: pending → running");
      const journal = await storage.journals.open("t1", claimed.record.incarnation);
      const call = { step: 1, call_id: "c" };
      await journal.append({
        type: "tool_started",
        ...call,
        name: "add",
        arguments: "{}",
        effects: "none",
      });
      await watched.until("t1: tool_started of add");
      await journal.append({ type: "tool_finished", ...call, output: "4", duration_ms: 1 });
      journal.close();
      await claimed.finish(DONE);
      await watched.until("t1: running → completed");
      assertEquals(watched.all, [
        "t1: ? → pending",
        "t1: pending → running",
        "t1: tool_started of add",
        "t1: tool_finished of add",
        "t1: running → completed",
      ]);
    });
  },
);

testOnEachStorage(
  "a watch whose hints all get lost still tells of everything",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1");
      await using watched = new Watched(silent(storage));
      await watched.begun.promise;
      const claimed = await claim(storage);
      const journal = await storage.journals.open("t1", claimed.record.incarnation);
      await journal.append({ type: "attempt_started", run: 1, attempt: 1, service_id: "s1" });
      journal.close();
      await claimed.finish(DONE);
      await watched.until("t1: pending → completed");
      await storage.queue.retry("t1", { fresh: true });
      const again = await claim(storage);
      await watched.until("t1: completed → running");
      await again.finish(DONE);
      await storage.queue.prune("t1", { unread: true });
      await watched.until("t1: running → gone");
      assertEquals(watched.all, [
        "t1: ? → pending",
        "t1: attempt_started",
        "t1: pending → completed",
        "t1: completed → running",
        "t1: running → gone",
      ]);
    });
  },
);

testOnEachStorage(
  "a task that began and ended unseen while hints were lost is found among the ended",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "old");
      await (await claim(storage)).finish(DONE);
      // One that ended in the millisecond in which a watch begins may have ended after that.
      for (const ended = Date.now(); Date.now() === ended;) await sleep(1);
      let lose = () => {};
      const lossy = silent(storage, {
        watch: (onHint) => {
          lose = () => onHint(undefined);
          return { close: () => {} };
        },
      });
      await using watched = new Watched(lossy);
      await watched.begun.promise;
      await add(storage, "t1");
      await (await claim(storage)).finish(DONE);
      lose();
      await watched.until("t1: ? → completed");
      assertEquals(watched.all, ["t1: ? → completed"]);
    });
  },
);

testOnEachStorage(
  "what has ended is not read again each time that the open ones are, and its prune is told",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1");
      const reads: string[] = [];
      let lose = () => {};
      const counted = silent(storage, {
        get: (id) => (reads.push(id), storage.queue.get(id)),
        watch: (onHint) => {
          lose = () => onHint(undefined);
          return { close: () => {} };
        },
      });
      await using watched = new Watched(counted);
      await watched.begun.promise;
      const claimed = await claim(storage);
      await claimed.finish(DONE);
      await watched.until("t1: pending → completed");
      reads.length = 0;
      lose();
      await add(storage, "t2");
      await watched.until("t2: ? → pending");
      assertEquals(reads, []);
      await storage.queue.prune("t1", { unread: true });
      lose();
      await watched.until("t1: completed → gone");
    });
  },
);

testOnEachStorage(
  "a watch of some ids or of a conversation tells of nothing else",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1", "c1");
      await add(storage, "t2", "c2");
      await using ofId = new Watched(storage, { ids: ["t1"] });
      await using ofConversation = new Watched(storage, { conversation_id: "c1" });
      await Promise.all([ofId.begun.promise, ofConversation.begun.promise]);
      for (const id of ["t2", "t1"]) await storage.queue.cancel(id);
      for (const watched of [ofId, ofConversation]) {
        // Whoever cancels holds the task for a moment, which may be seen.
        await eventually("t1 failed", () => watched.all.at(-1)?.endsWith(" → failed"));
        assertEquals(watched.all.filter((line) => line.includes("t2")), []);
      }
    });
  },
);

testOnEachStorage(
  "a second attempt between two looks is told although the state is the same",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1");
      const first = await claim(storage);
      await using watched = new Watched(silent(storage));
      await watched.begun.promise;
      await first.finish({ kind: "interrupted" });
      const second = await claim(storage);
      await watched.until("t1: running → running");
      await second.finish(DONE);
    });
  },
);
