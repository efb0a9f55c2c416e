/** Garbage in every directory but pending/: each reader goes on, and says what it skipped. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { newestConversation, SessionLog } from "../../lib/conversation/session_log.ts";
import type { Storage } from "../../lib/open_storage.ts";
import type { NewJournalEntry } from "../../lib/journal/journal.ts";
import { CapturedLog } from "../support/captured_log.ts";
import { eventually } from "../support/eventually.ts";
import { openTestStorage, TempDir } from "../support/storage_fixture.ts";
import { hostileFile } from "./hostile_task_file.ts";

const FILES = 100;

/** Contents that are nothing of what any of these directories holds. */
const garbage = fc.array(hostileFile, { minLength: FILES, maxLength: FILES, size: "max" })
  .map((files) => files.map(({ bytes }) => bytes).filter(({ length }) => length < 100_000));

async function withGarbage(
  test: (storage: Storage, contents: readonly Uint8Array[], log: CapturedLog) => Promise<void>,
): Promise<void> {
  const check = async (contents: readonly Uint8Array[]) => {
    await using dir = await TempDir.make();
    await using log = await CapturedLog.start();
    const storage = await openTestStorage(dir.path);
    try {
      await test(storage, contents, log);
      assertEquals(log.lines.filter((line) => /^(error|fatal): /.test(line)), []);
    } finally {
      storage.close();
    }
  };
  await fc.assert(fc.asyncProperty(garbage, check), { numRuns: 3, endOnFailure: true });
}

/** Things of a name that are no files. */
async function addSpecial(directory: string, suffix: string, pipe = true): Promise<void> {
  await Deno.mkdir(`${directory}/special-directory${suffix}`);
  await Deno.symlink("/etc/hostname", `${directory}/special-link${suffix}`);
  await Deno.symlink(`special-loop${suffix}`, `${directory}/special-loop${suffix}`);
  if (!pipe) return;
  await new Deno.Command("mkfifo", { args: [`${directory}/special-pipe${suffix}`] }).output();
}

const NOTIFICATION = {
  version: 1,
  id: "good-completed",
  conversation_id: "c1",
  task_id: "good",
  event: "completed",
  title: "Good",
  message: "done",
  created_at: "2026-01-01T00:00:00.000Z",
} as const;

Deno.test("unread() gives the notification among garbage, and names each file that it skips once", async () => {
  await withGarbage(async ({ notifications, layout }, contents, log) => {
    await notifications.put(NOTIFICATION);
    const directory = `${layout.notifications}/c1`;
    for (const [i, bytes] of contents.entries()) {
      Deno.writeFileSync(`${directory}/bad-${i}.json`, bytes);
    }
    const others = {
      "newer-completed": { ...NOTIFICATION, id: "newer-completed", version: 2 },
      "other-completed": { ...NOTIFICATION, id: "other-completed", conversation_id: "c2" },
      "wrong-completed": { ...NOTIFICATION, id: "../../x" },
    };
    for (const [name, value] of Object.entries(others)) {
      Deno.writeTextFileSync(`${directory}/${name}.json`, JSON.stringify(value));
    }
    await addSpecial(directory, ".json");
    for (let pass = 0; pass < 2; pass++) {
      assertEquals((await notifications.unread("c1")).map(({ id }) => id), [NOTIFICATION.id]);
    }
    for (const i of contents.keys()) assertEquals(log.about(`/bad-${i}.json is skipped`).length, 1);
    assertEquals(log.about("newer-completed.json is skipped: its version 2 is newer").length, 1);
    assertEquals(log.about("special-").length, 4);
    await notifications.acknowledge(NOTIFICATION);
    assertEquals(await notifications.unread("c1"), []);
    assertEquals(Deno.readFileSync(`${directory}/bad-0.json`), contents[0], "garbage is kept");
  });
});

const ANSWER = (step: number): NewJournalEntry => ({
  type: "model_answer",
  step,
  message: { role: "assistant", content: `answer ${step}` },
  finish_reason: "stop",
  usage: { input_tokens: 1, output_tokens: 1, estimated: false },
  model: "m",
  duration_ms: 1,
});

const stepsOf = (entries: readonly { type: string }[]) =>
  entries.map((entry) => (entry as { step?: number }).step);

Deno.test("a journal with garbage between its lines gives all that is readable, and counts the rest", async () => {
  await withGarbage(async ({ journals, layout }, contents, log) => {
    const path = `${layout.journal}/t1.jsonl`;
    const lines = contents.map((bytes) => bytes.filter((byte) => byte !== 0x0a))
      .filter(({ length }) => length > 0);
    const first = await journals.open("t1", "i1");
    await first.append(ANSWER(1));
    first.close();
    for (const line of lines) {
      Deno.writeFileSync(path, new Uint8Array([...line, 0x0a]), { append: true });
    }
    const second = await journals.open("t1", "i1");
    assertEquals(stepsOf(second.entries), [1]);
    await second.append(ANSWER(2));
    second.close();
    assertEquals(stepsOf(await journals.read("t1", "i1")), [1, 2]);
    assert(log.about("journal t1:").length > 0, log.lines.join("\n"));
    assertStringIncludes(log.about("journal t1:")[0] ?? "", `${lines.length} unreadable lines`);
  });
});

Deno.test("a journal of garbage alone is no journal; one of a newer version is not touched", async () => {
  await withGarbage(async ({ journals, layout }, contents) => {
    for (const [i, bytes] of contents.entries()) {
      Deno.writeFileSync(`${layout.journal}/bad-${i}.jsonl`, bytes);
      assertEquals(await journals.read(`bad-${i}`), []);
      const journal = await journals.open(`bad-${i}`, "i1");
      assertEquals(journal.entries, []);
      journal.close();
    }
    const path = `${layout.journal}/newer.jsonl`;
    const at = "2026-01-01T00:00:00.000Z";
    const newer = JSON.stringify({ at, type: "journal_started", version: 2, incarnation: "i1" }) +
      '\n{"type":"of the future"}\n';
    Deno.writeTextFileSync(path, newer);
    await assertRejects(
      () => journals.open("newer", "i1"),
      Error,
      `Cannot go on with the journal "${path}": it was written by a newer version (2) of this program`,
    );
    assertEquals(Deno.readTextFileSync(path), newer);
    await addSpecial(layout.journal, ".jsonl");
    for (const name of ["directory", "link", "loop", "pipe"]) {
      assertEquals(await journals.read(`special-${name}`), []);
      await assertRejects(
        () => journals.open(`special-${name}`, "i1"),
        Error,
        "not a regular file",
      );
    }
  });
});

Deno.test("garbage in control/cancel/ cancels nothing, is named and removed, and a request still works", async () => {
  await withGarbage(async ({ queue, layout }, contents, log) => {
    await queue.enqueue({ id: "t1", conversation_id: "c1", prompt: "p" });
    // Without a pipe: a watch holds one open for a second after its end, which counts as a leak.
    await addSpecial(layout.cancel, "", false);
    const end = new AbortController();
    const task = await queue.claim(end.signal);
    assert(task !== undefined);
    await task.start();
    for (const bytes of contents.slice(0, 20)) {
      Deno.writeFileSync(`${layout.tmp}/request`, bytes);
      Deno.renameSync(`${layout.tmp}/request`, `${layout.cancel}/t1`);
      await eventually("the request is dropped", () => {
        try {
          return Deno.lstatSync(`${layout.cancel}/t1`) === undefined;
        } catch {
          return true;
        }
      });
      assert(!task.cancelled.aborted, new TextDecoder().decode(bytes.subarray(0, 100)));
    }
    assert(log.about("control/cancel/t1 is no request and is removed: ").length > 0);
    const cancelling = queue.cancel("t1");
    await eventually("the request", () => task.cancelled.aborted);
    await task.finish({ kind: "failed", error: { code: "cancelled", message: "m" } });
    assertEquals((await cancelling).ok, true);
    end.abort();
  });
});

Deno.test("live() gives the living service among garbage, and names what it skips", async () => {
  await withGarbage(async ({ presence, layout }, contents, log) => {
    const record = {
      version: 1,
      service_id: "alive",
      pid: 1,
      host: "here",
      started_at: "2026-01-01T00:00:00.000Z",
      concurrency: 4,
      model: "m",
      tools: [],
    };
    const place = () => {
      for (const [i, bytes] of contents.entries()) {
        Deno.writeFileSync(`${layout.services}/bad-${i}.json`, bytes);
      }
    };
    place();
    await addSpecial(layout.services, ".json");
    const announced = await presence.announce(record);
    place();
    Deno.writeTextFileSync(
      `${layout.services}/dead.json`,
      JSON.stringify({ ...record, service_id: "dead" }),
    );
    // One that lives, as its lock says, and writes what nobody can read.
    using locked = Deno.openSync(`${layout.services}/bad-0.json`, { write: true });
    locked.lockSync(true);
    assertEquals((await presence.live()).map(({ service_id }) => service_id), ["alive"]);
    assertEquals(log.about("bad-0.json is skipped: ").length, 1);
    assert(log.about("special-directory.json").length > 0);
    await announced.withdraw();
    assertEquals(await presence.live(), []);
  });
});

Deno.test("a conversation with garbage between its lines is taken up, counts it and keeps its bytes", async () => {
  await withGarbage(async ({ disk, flusher, layout }, contents) => {
    const shared = { disk, flusher, dir: layout.conversations, pid: 1, now: Date.now };
    const open = (conversation_id: string) => SessionLog.open({ ...shared, conversation_id });
    const path = `${layout.conversations}/c1.jsonl`;
    const first = await open("c1");
    await first.append({ role: "user", content: "before" });
    await first.close();
    for (const bytes of contents) {
      Deno.writeFileSync(path, bytes, { append: true });
      Deno.writeTextFileSync(path, "\n", { append: true });
    }
    const before = Deno.readFileSync(path);
    const second = await open("c1");
    assert(second.skipped > 0);
    await second.append({ role: "user", content: "after" });
    await second.close();
    const third = await open("c1");
    const said = third.entries.filter(({ role }) => role === "user")
      .map((entry) => (entry as { content: string }).content);
    await third.close();
    assertEquals(said, ["before", "after"]);
    assertEquals(Deno.readFileSync(path).subarray(0, before.length), before, "its bytes are kept");
    await addSpecial(layout.conversations, ".jsonl");
    for (const name of ["directory", "link", "loop", "pipe"]) {
      await assertRejects(() => open(`special-${name}`), Error, "it is no regular file");
    }
    assertEquals(await newestConversation(disk, layout.conversations), "c1");
  });
});
