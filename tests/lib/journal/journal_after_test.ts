import { assertEquals, assertRejects } from "@std/assert";
import type { Journal } from "../../../lib/journal/journal.ts";
import { journalAfter } from "../../../lib/journal/journal_after.ts";

function recorded(): { readonly calls: string[]; readonly journal: Journal } {
  const calls: string[] = [];
  const journal: Journal = {
    entries: [],
    append: ({ type }) => Promise.resolve(void calls.push(`append ${type}`)),
    note: ({ type }) => Promise.resolve(void calls.push(`note ${type}`)),
    close: () => void calls.push("close"),
  };
  return { calls, journal };
}

const STARTED = { type: "attempt_started", run: 1, attempt: 1, service_id: "s" } as const;
const ENDED = { type: "attempt_ended", outcome: "completed" } as const;

Deno.test("append() waits for what has to be durable first, note() does not", async () => {
  const { calls, journal } = recorded();
  const ready = Promise.withResolvers<void>();
  const after = journalAfter(journal, ready.promise);
  const appended = after.append(ENDED);
  await after.note(STARTED);
  assertEquals(calls, ["note attempt_started"]);
  ready.resolve();
  await appended;
  after.close();
  assertEquals(calls, ["note attempt_started", "append attempt_ended", "close"]);
});

Deno.test("append() writes nothing where that could not be made durable", async () => {
  const { calls, journal } = recorded();
  const failed = Promise.reject(new Error("no space left on device"));
  await assertRejects(() => journalAfter(journal, failed).append(ENDED), Error, "no space");
  assertEquals(calls, []);
});
