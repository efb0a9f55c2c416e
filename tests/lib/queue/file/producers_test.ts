/** Files that others put into pending/: by mv, by a slow cp, by an editor, or no tasks at all. */
import { assert, assertEquals } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { ClaimedTask } from "../../../../lib/queue/task_queue.ts";
import { eventually } from "../../../support/eventually.ts";
import { openTestStorage, type StorageOptions, TempDir } from "../../../support/storage_fixture.ts";

const VALID = '{"conversation_id":"c1","prompt":"Check the weather in Oslo"}';

/** A storage whose service waits for tasks; `claimed` gets them. */
async function withService(
  test: (storage: Storage, claimed: ClaimedTask[]) => Promise<void>,
  options: StorageOptions = {},
): Promise<void> {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path, options);
  const stop = new AbortController();
  const claimed: ClaimedTask[] = [];
  const working = (async () => {
    for (let task; (task = await storage.queue.claim(stop.signal)) !== undefined;) {
      claimed.push(task);
    }
  })();
  try {
    await test(storage, claimed);
  } finally {
    stop.abort();
    await working;
    for (const task of claimed) task.abandon();
    storage.close();
  }
}

const pendingPath = ({ layout }: Storage, name: string) => `${layout.state("pending")}/${name}`;

function put(storage: Storage, name: string, content: string | Uint8Array): void {
  const temporary = `${storage.layout.tmp}/put`;
  if (typeof content === "string") Deno.writeTextFileSync(temporary, content);
  else Deno.writeFileSync(temporary, content);
  Deno.renameSync(temporary, pendingPath(storage, name));
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

async function rejection(storage: Storage, id: string): Promise<string> {
  const task = await eventually(`failed/${id}`, async () => {
    const seen = await storage.queue.get(id);
    return seen?.state === "failed" && names(storage.layout.state("failed")).length > 1 && seen;
  });
  assertEquals(task.record.error?.code, "invalid_task");
  return String(task.record.error?.message);
}

Deno.test("claim() takes a file that was moved in, with its defaults", async () => {
  await withService(async (storage, claimed) => {
    put(storage, "oslo-1.json", VALID);
    const task = await eventually("the task", () => claimed[0]);
    const { id, title, max_attempts, run } = task.record;
    assertEquals({ id, title, max_attempts, run }, {
      id: "oslo-1",
      title: "Check the weather in Oslo",
      max_attempts: 3,
      run: 1,
    });
  });
});

Deno.test("claim() waits for a file that is still being written", async () => {
  await withService(async (storage, claimed) => {
    const file = Deno.openSync(pendingPath(storage, "slow.json"), { createNew: true, write: true });
    file.writeSync(new TextEncoder().encode(VALID.slice(0, 20)));
    assertEquals(await storage.queue.outstanding().then(({ due }) => due), 1);
    assertEquals(claimed.length, 0);
    file.writeSync(new TextEncoder().encode(VALID.slice(20)));
    file.close();
    const task = await eventually("the task", () => claimed[0]);
    assertEquals(task.record.prompt, "Check the weather in Oslo");
  });
});

Deno.test("a file that does not parse is judged ten seconds after its last change", async () => {
  const clock = { offset: 0 };
  const now = () => Date.now() + clock.offset;
  await withService(async (storage) => {
    put(storage, "torn.json", VALID.slice(0, 20));
    await storage.queue.outstanding();
    assertEquals(names(storage.layout.state("pending")), ["torn.json"]);
    clock.offset = 9_000;
    await storage.queue.outstanding();
    assertEquals(names(storage.layout.state("pending")), ["torn.json"]);
    clock.offset = 10_500;
    const message = await rejection(storage, "torn");
    assert(message.startsWith("the file is not JSON ("), message);
    const original = `${storage.layout.state("failed")}/torn.original`;
    assertEquals(Deno.readTextFileSync(original), VALID.slice(0, 20));
  }, { now });
});

Deno.test("a file that does not parse is judged although its time lies in the future", async () => {
  const clock = { offset: 0 };
  await withService(async (storage) => {
    const path = pendingPath(storage, "future.json");
    Deno.writeTextFileSync(`${storage.layout.tmp}/f`, "no json");
    Deno.utimeSync(`${storage.layout.tmp}/f`, new Date(), new Date("2999-01-01"));
    Deno.renameSync(`${storage.layout.tmp}/f`, path);
    await storage.queue.outstanding();
    clock.offset = 12_000;
    await rejection(storage, "future");
  }, { now: () => Date.now() + clock.offset });
});

Deno.test("an editor's save over a waiting task is what runs", async () => {
  await withService(async (storage, claimed) => {
    const later = VALID.replace("}", ',"run_at":"2999-01-01T00:00:00Z"}');
    put(storage, "edited.json", later);
    assertEquals((await storage.queue.outstanding()).scheduled, 1);
    put(storage, "edited.json", VALID.replace("Oslo", "Bergen"));
    const task = await eventually("the edited task", () => claimed[0]);
    assertEquals(task.record.prompt, "Check the weather in Bergen");
  });
});

const WRONG: [name: string, content: string, message: string][] = [
  [
    "no-prompt",
    '{"conversation_id":"c1"}',
    '"prompt" is missing, expected a text of 1 to ' +
    "100,000 characters",
  ],
  [
    "bad-priority",
    VALID.replace("}", ',"priority":1.5}'),
    '"priority": expected a whole number ' +
    "from -100 to 100, got 1.5",
  ],
  [
    "other-id",
    VALID.replace("}", ',"id":"someone"}'),
    '"id": expected "other-id", the file\'s ' +
    'name without .json, got "someone"',
  ],
  [
    "claims-to-be-invalid",
    '{"conversation_id":"../../x","finished_at":"2026-01-01T00:00:00Z",' +
    '"error":{"code":"invalid_task","message":"m"}}',
    '"conversation_id": expected 1 to 64 of ' +
    'the characters A-Z a-z 0-9 _ - with a letter or digit first, got "../../x"',
  ],
];

for (const [id, content, message] of WRONG) {
  Deno.test(`a file with a wrong field (${id}) ends in failed/ beside its bytes`, async () => {
    await withService(async (storage, claimed) => {
      put(storage, `${id}.json`, content);
      assertEquals(await rejection(storage, id), message);
      const original = `${storage.layout.state("failed")}/${id}.original`;
      assertEquals(Deno.readTextFileSync(original), content);
      assertEquals(names(storage.layout.root).includes("x"), false);
      const told = content.includes('"c1"') ? 1 : 0;
      await eventually(
        "the notification",
        async () => (await storage.notifications.unread("c1")).length === told,
      );
      assertEquals(claimed.length, 0);
    });
  });
}

Deno.test("a file that is no UTF-8, no object or over 1 MiB is rejected after its ten seconds", async () => {
  const clock = { offset: 0 };
  await withService(async (storage) => {
    const big = VALID.replace("}", `,"x":"${"y".repeat(1024 * 1024)}"}`);
    put(storage, "utf16.json", new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]));
    put(storage, "list.json", "[1]");
    put(storage, "big.json", big);
    put(storage, "empty.json", "");
    await storage.queue.outstanding();
    clock.offset = 11_000;
    assertEquals(await rejection(storage, "utf16"), "the file is not UTF-8 text");
    assertEquals(await rejection(storage, "list"), "expected a JSON object, got an array");
    assertEquals(await rejection(storage, "empty"), "the file is empty, expected a JSON object");
    assertEquals(
      await rejection(storage, "big"),
      `the file has ${big.length} bytes, at most 1048576 are allowed`,
    );
    const original = `${storage.layout.state("failed")}/big.original`;
    assertEquals(Deno.statSync(original).size, big.length);
  }, { now: () => Date.now() + clock.offset });
});

Deno.test("a file whose name is no id fails under a fresh one that names the old", async () => {
  await withService(async (storage, claimed) => {
    put(storage, "not an id.json", VALID);
    const [task] = await eventually("the rejection", async () => {
      const failed = await storage.queue.list({ states: ["failed"], limit: 2 });
      return failed.length > 0 && failed;
    });
    assertEquals(
      task?.record.error?.message,
      'the file name "not an id.json" is no task id: expected 1 to 64 of the characters ' +
        "A-Z a-z 0-9 _ - with a letter or digit first, then .json",
    );
    const original = `${storage.layout.state("failed")}/${task?.record.id}.original`;
    assertEquals(Deno.readTextFileSync(original), VALID);
    assertEquals(claimed.length, 0);
  });
});

Deno.test("what is no regular file, of a newer version or no .json stays where it is", async () => {
  await withService(async (storage, claimed) => {
    const newer = VALID.replace("}", ',"version":2}');
    put(storage, "newer.json", newer);
    Deno.mkdirSync(pendingPath(storage, "directory.json"));
    Deno.symlinkSync("/etc/hostname", pendingPath(storage, "link.json"));
    Deno.symlinkSync("/nowhere", pendingPath(storage, "dangling.json"));
    put(storage, "note.txt", "no task");
    put(storage, ".hidden.json", VALID);
    put(storage, "good.json", VALID);
    await eventually("the good task", () => claimed[0]);
    assertEquals(names(storage.layout.state("pending")), [
      ".hidden.json",
      "dangling.json",
      "directory.json",
      "link.json",
      "newer.json",
      "note.txt",
    ]);
    assertEquals(await storage.queue.outstanding(), {
      running: 1,
      due: 0,
      retrying: 0,
      scheduled: 0,
    });
    assertEquals(Deno.readTextFileSync(pendingPath(storage, "newer.json")), newer);
    assertEquals(claimed.map(({ record }) => record.id), ["good"]);
  });
});

Deno.test("unknown fields, long numbers and an own __proto__ come out as they went in", async () => {
  await withService(async (storage, claimed) => {
    const extra = '"big":12345678901234567890,"__proto__":{"x":1},"deep":{"e":1e400}';
    put(storage, "x.json", VALID.replace("}", `,${extra}}`));
    const task = await eventually("the task", () => claimed[0]);
    await task.start();
    await task.finish({ kind: "failed", error: { code: "internal", message: "m" } });
    const text = Deno.readTextFileSync(storage.layout.task("failed", "x"));
    assert(text.includes('"big": 12345678901234567890'), text);
    assert(/"__proto__": \{\s*"x": 1\s*\}/.test(text), text);
    assert(/"e": 1e400/.test(text), text);
  });
});

Deno.test("tasks put into pending/ while it was removed and made again are found", async () => {
  await withService(async (storage, claimed) => {
    await storage.queue.outstanding();
    Deno.removeSync(storage.layout.state("pending"), { recursive: true });
    Deno.mkdirSync(storage.layout.state("pending"));
    put(storage, "after.json", VALID);
    const task = await eventually("the task", () => claimed[0]);
    assertEquals(task.record.id, "after");
  });
});
