import { assert, assertEquals } from "@std/assert";
import { lookAt } from "../../../../lib/queue/file/pending_entry.ts";
import { systemRuntime } from "../../../../lib/runtime.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";

/** Looks at a file of pending/ with this content. */
async function look(text: string | Uint8Array | undefined, age_ms = 0) {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const path = storage.layout.task("pending", "x");
  if (text !== undefined) {
    Deno.writeFileSync(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    const seconds = (Date.now() - age_ms) / 1_000;
    Deno.utimeSync(path, seconds, seconds);
  }
  storage.close();
  return await lookAt({ ...systemRuntime, ...storage } as never, "x", 1);
}

const task = (fields: Record<string, unknown>) =>
  JSON.stringify({ conversation_id: "c1", prompt: "p", ...fields });
const factsOf = async (text: string | Uint8Array, age_ms?: number) => {
  const found = await look(text, age_ms);
  assert(found.kind === "entry", `it is ${found.kind}`);
  const { priority, created, due, waiting } = found.entry;
  return { priority, created, due, waiting };
};

const NOON = Date.UTC(2026, 0, 1, 12);
const at = new Date(NOON).toISOString();
const later = "2999-01-01T00:00:00.000Z";

Deno.test("lookAt() gives what the order of claims needs", async () => {
  assertEquals(await factsOf(task({ priority: 7, created_at: at })), {
    priority: 7,
    created: NOON,
    due: 0,
    waiting: "due",
  });
  const waits = { priority: 0, created: NOON, due: Date.parse(later) };
  assertEquals(await factsOf(task({ created_at: at, run_at: later })), {
    ...waits,
    waiting: "scheduled",
  });
  assertEquals(await factsOf(task({ created_at: at, retry_at: later })), {
    ...waits,
    waiting: "retrying",
  });
});

Deno.test("lookAt() takes the file's own time where the record says none", async () => {
  const { created } = await factsOf(task({}), 60_000);
  assert(Math.abs(Date.now() - 60_000 - created) < 30_000, `${created}`);
});

Deno.test("lookAt() lets a claim judge what is no valid task, at once", async () => {
  const due = { priority: 0, created: 0, due: 0, waiting: "due" } as const;
  for (
    const text of [
      task({ priority: "high" }),
      // No text, and nothing that can be made one.
      task({ created_at: { toString: 1 } }),
      task({ priority: 1.5 }),
      task({ conversation_id: "../c" }),
      task({ prompt: 7 }),
      task({ created_at: "yesterday" }),
      // Never only tomorrow.
      task({ run_at: later, max_attempts: 0 }),
      "[]",
      "{",
    ]
  ) assertEquals(await factsOf(text, 60_000), due, text);
  assertEquals(await factsOf(new Uint8Array([0xff, 0xfe]), 60_000), due);
});

Deno.test("lookAt() waits for what is being written, and leaves what is not ours", async () => {
  const unfinished = await look('{"conversation_id":"c1",');
  assert(unfinished.kind === "later" && unfinished.at > Date.now());
  assertEquals(await look(task({ version: 2 })), {
    kind: "left",
    reason: "its version 2 is newer than this program",
  });
  assertEquals(await look(undefined), { kind: "gone" });
});
