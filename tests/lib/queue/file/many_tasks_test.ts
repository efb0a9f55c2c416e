/** What calls do beside very many finished tasks, counted in calls to the disk: times are noise. */
import { assert, assertEquals } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import { recoverOnce } from "../../../../lib/service/recoverer.ts";
import { newIdAt } from "../../../../lib/task/id.ts";
import { formatObject } from "../../../../lib/task/json.ts";
import { withDefaults } from "../../../../lib/task/parse_record.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";

const FINISHED = 400;
const NOON = Date.UTC(2026, 0, 1, 12);
const NEVER = new AbortController().signal;

/** A storage with finished tasks, one a minute, and what it asks of the disk. */
async function withFinished(
  test: (parts: {
    storage: Storage;
    /** Newest first. */
    ids: string[];
    /** Runs something and gives its calls. */
    calls: (run: () => Promise<unknown>) => Promise<string[]>;
  }) => Promise<void>,
): Promise<void> {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const storage = await openTestStorage(dir.path, { disk });
  try {
    const ids: string[] = [];
    for (let i = 0; i < FINISHED; i++) {
      const time = NOON - i * 60_000;
      const id = newIdAt(time) ?? "";
      const request = {
        conversation_id: i % 100 === 50 ? "rare" : "c1",
        prompt: i === 77 ? "Find the needle." : "Do it.",
        created_at: new Date(time).toISOString(),
        finished_at: new Date(time).toISOString(),
        result: "done",
      };
      const record = withDefaults(id, request, time);
      Deno.writeTextFileSync(storage.layout.task("completed", id), formatObject(record));
      ids.push(id);
    }
    const calls = async (run: () => Promise<unknown>) => {
      const made: string[] = [];
      disk.hook = ({ name, path }) => void made.push(`${name} ${path.slice(dir.path.length + 1)}`);
      await run();
      disk.hook = () => {};
      return made;
    };
    await test({ storage, ids, calls });
  } finally {
    storage.close();
  }
}

const isList = (call: string) => /^list tasks\/(completed|failed)$/.test(call);

Deno.test("what concerns one task, or none that has ended, lists no finished tasks", () =>
  withFinished(async ({ storage, ids, calls }) => {
    const { queue } = storage;
    const [id = "", second = "", third = ""] = ids;
    const work: Record<string, () => Promise<unknown>> = {
      get: () => queue.get(id),
      "get of none": () => queue.get("nobody"),
      ended: () => queue.ended(id, NEVER),
      enqueue: () => queue.enqueue({ conversation_id: "c1", prompt: "x" }),
      "enqueue of an id": () => queue.enqueue({ id: "x", conversation_id: "c1", prompt: "x" }),
      cancel: () => queue.cancel("x"),
      "cancel of what has ended": () => queue.cancel(id),
      retry: () => queue.retry(second, { fresh: true }),
      prune: () => queue.prune(third),
      outstanding: () => queue.outstanding(),
      recover: () => recoverOnce({ ...storage, reap: () => Promise.resolve() }),
      claim: async () => {
        const task = await queue.claim(AbortSignal.timeout(20_000));
        await task?.start();
        await task?.finish({ kind: "interrupted" });
      },
    };
    for (const [name, run] of Object.entries(work)) {
      const made = await calls(run);
      assertEquals(made.filter(isList), [], name);
      assert(made.length < 80, `${name} made ${made.length} calls`);
    }
  }));

Deno.test("a page of the list reads its own records and no others", () =>
  withFinished(async ({ storage, ids, calls }) => {
    let page: string[] = [];
    const made = await calls(async () => {
      page = (await storage.queue.list({ limit: 20 })).map(({ record }) => record.id);
    });
    assertEquals(page, ids.slice(0, 20));
    assertEquals(made.filter(isList).length, 2);
    assert(made.length < 40, `${made.length} calls`);
  }));

Deno.test("a filter by time reads nothing that an id rules out", () =>
  withFinished(async ({ storage, ids, calls }) => {
    const from = NOON - 200 * 60_000;
    let page: string[] = [];
    const made = await calls(async () => {
      const filter = { created_from: from, created_before: from + 5 * 60_000, limit: 50 };
      page = (await storage.queue.list(filter)).map(({ record }) => record.id);
    });
    assertEquals(page, ids.slice(196, 201));
    assert(made.length < 20, `${made.length} calls`);
  }));

Deno.test("names that are no ULIDs come where their file's time puts them", () =>
  withFinished(async ({ storage, ids }) => {
    const { layout, queue } = storage;
    for (const [name, minutes] of [["older", 2.5], ["newer", -1], ["old", 1_000]] as const) {
      const path = layout.task("failed", name);
      Deno.writeTextFileSync(path, '{"conversation_id":"c1","prompt":"by hand"}');
      const seconds = (NOON - minutes * 60_000) / 1_000;
      Deno.utimeSync(path, seconds, seconds);
    }
    const seen = (await queue.list({ limit: 1_000 })).map(({ record }) => record.id);
    assertEquals(seen, ["newer", ...ids.slice(0, 3), "older", ...ids.slice(3), "old"]);
  }));

Deno.test("a filter finds records of other writers too, whatever they escape", () =>
  withFinished(async ({ storage, ids }) => {
    const { layout, queue } = storage;
    const text = '{"conversation_id":"r\\u0061re","prompt":"Find the n\\u0065edle."}';
    Deno.writeTextFileSync(layout.task("completed", "foreign"), text);
    const idsOf = async (filter: { conversation_id?: string; text?: string }) =>
      (await queue.list({ ...filter, limit: 50 })).map(({ record }) => record.id);
    const rare = [50, 150, 250, 350].map((i) => ids[i] ?? "");
    assertEquals(await idsOf({ conversation_id: "rare" }), ["foreign", ...rare]);
    assertEquals(await idsOf({ text: "NEEDLE" }), ["foreign", ids[77] ?? ""]);
    assertEquals(await idsOf({ text: "needle", conversation_id: "rare" }), ["foreign"]);
  }));
