/** What a move finds at its target already, and what it cannot move. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { TempDir } from "../../support/storage_fixture.ts";
import { contentsOfTree } from "./contents.ts";
import { fileStore, QUIET } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

interface Rooms {
  readonly a: string;
  readonly b: string;
  /** Writes a task of a known id into one of the two. */
  put(room: string, state: string, fields: Record<string, unknown>, id?: string): void;
  move(): ReturnType<typeof moveTasks>;
}

async function withRooms(test: (rooms: Rooms) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 0);
  plantTasks(b, 0);
  const put: Rooms["put"] = (room, state, fields, id = "x") => {
    const record = {
      version: 1,
      conversation_id: "c1",
      prompt: "Do it.",
      created_at: "2026-01-31T09:00:00.000Z",
      ...fields,
    };
    Deno.writeTextFileSync(`${room}/tasks/${state}/${id}.json`, JSON.stringify(record));
  };
  const move = async () => await moveTasks(await fileStore(a), await fileStore(b), QUIET);
  await test({ a, b, put, move });
}

const attempt = { run: 1, attempt: 1, service_id: "s", started_at: "2026-01-31T09:01:00.000Z" };
const run = { incarnation: "i", run: 1, attempt: 1, interruptions: 0, attempts: [attempt] };
const end = { ...run, finished_at: "2026-01-31T09:02:00.000Z", result: "42" };

Deno.test("another task of the same id stays where it is, and is named", async () => {
  await withRooms(async ({ a, b, put, move }) => {
    put(a, "pending", { prompt: "One." });
    put(b, "failed", { ...end, prompt: "Another." });
    put(a, "completed", { ...end, incarnation: "other" }, "y");
    put(b, "completed", end, "y");
    const before = [contentsOfTree(a), contentsOfTree(b)];
    const { moved, already_there, left } = await move();
    assertEquals([moved, already_there, left.map(({ id }) => id)], [0, 0, ["x", "y"]]);
    assertStringIncludes(left[0]!.reason, "has another task of that id");
    assertEquals([contentsOfTree(a), contentsOfTree(b)], before);
  });
});

Deno.test("the same task, as far on or further at the target, is only removed from the source", async () => {
  await withRooms(async ({ a, b, put, move }) => {
    put(a, "pending", {});
    put(b, "running", run);
    put(a, "completed", end, "y");
    put(b, "completed", end, "y");
    const before = contentsOfTree(b);
    assertEquals(await move(), { moved: 0, already_there: 2, left: [] });
    assertEquals(contentsOfTree(b), before);
    assertEquals(contentsOfTree(a), new Map());
  });
});

Deno.test("the same task, less far on at the target, is replaced there with all that belongs to it", async () => {
  await withRooms(async ({ a, b, put, move }) => {
    put(b, "pending", {});
    Deno.mkdirSync(`${b}/artifacts/x`);
    Deno.writeTextFileSync(`${b}/artifacts/x/old`, "old");
    put(a, "failed", { ...end, error: { code: "cancelled", message: "m" }, result: undefined });
    const before = contentsOfTree(a);
    assertEquals(await move(), { moved: 1, already_there: 0, left: [] });
    assertEquals(contentsOfTree(b), before);
  });
});

Deno.test("what cannot be moved stays whole and is named, and all else moves", async () => {
  await withRooms(async ({ a, b, put, move }) => {
    put(a, "pending", { version: 2 }, "newer");
    Deno.writeTextFileSync(`${a}/tasks/completed/torn.json`, "{");
    Deno.symlinkSync("/etc/hostname", `${a}/tasks/failed/link.json`);
    put(a, "completed", end, "odd");
    Deno.mkdirSync(`${a}/artifacts/odd/sub`, { recursive: true });
    put(a, "completed", end, "spaced");
    Deno.mkdirSync(`${a}/artifacts/spaced`, { recursive: true });
    Deno.writeTextFileSync(`${a}/artifacts/spaced/two words`, "x");
    put(a, "completed", end, "told");
    Deno.mkdirSync(`${a}/notifications/c1`);
    Deno.writeTextFileSync(`${a}/notifications/c1/told-completed.json`, "oops");
    put(a, "completed", end, "good");
    const before = contentsOfTree(a);
    const { moved, left } = await move();
    assertEquals(moved, 1);
    const reasons = Object.fromEntries(left.map(({ id, reason }) => [id, reason]));
    assertStringIncludes(reasons["newer"]!, "its version 2 is newer than this program");
    assertStringIncludes(reasons["torn"]!, "its record cannot be read");
    assertStringIncludes(reasons["link"]!, "not a regular file");
    assertStringIncludes(reasons["odd"]!, "artifacts/odd/sub");
    assertStringIncludes(reasons["spaced"]!, "two words");
    assertStringIncludes(reasons["told"]!, "told-completed.json");
    assertEquals(left.length, 6);
    before.delete("tasks/completed/good.json");
    assertEquals(contentsOfTree(a), before);
    assertEquals([...contentsOfTree(b).keys()], ["tasks/completed/good.json"]);
  });
});

Deno.test("what is no valid task is judged as a service would, and its bytes move with it", async () => {
  await withRooms(async ({ a, b, move }) => {
    const old = new Date(Date.now() - 60_000);
    const texts = { bad: '{"conversation_id": "c1"}', text: "hello", "two words": "{}" };
    for (const [name, text] of Object.entries(texts)) {
      Deno.writeTextFileSync(`${a}/tasks/pending/${name}.json`, text);
      Deno.utimeSync(`${a}/tasks/pending/${name}.json`, old, old);
    }
    Deno.symlinkSync("/etc/hostname", `${a}/tasks/pending/a link.json`);
    // It may still be being written.
    Deno.writeTextFileSync(`${a}/tasks/pending/young.json`, '{"conver');
    const { moved, left } = await move();
    assertEquals([moved, left.map(({ id }) => id)], [3, ["a link", "young"]]);
    const names = [...contentsOfTree(b).keys()];
    const failed = names.filter((name) => /^tasks\/failed\//.test(name));
    assertEquals(failed.length, 6);
    const [original] = failed.filter((name) =>
      !/(bad|text)\./.test(name) && /original$/.test(name)
    );
    assertEquals(Deno.readTextFileSync(`${b}/${original}`), "{}");
    assertEquals(Deno.readTextFileSync(`${b}/tasks/failed/text.original`), "hello");
    assert(names.includes("notifications/c1/bad-failed.json"), names.join());
  });
});

Deno.test("a task that another process holds stays, and so does one that is in two states at once", async () => {
  await withRooms(async ({ a, b, put, move }) => {
    put(a, "pending", {}, "held");
    using file = Deno.openSync(`${a}/tasks/pending/held.json`);
    file.lockSync(true);
    put(a, "pending", {}, "double");
    put(a, "completed", end, "double");
    const { moved, left } = await move();
    assertEquals([moved, left.map(({ id }) => id)], [1, ["held"]]);
    // As a claim would have done.
    assertEquals([...Deno.readDirSync(`${a}/rejected`)].length, 1);
    assertEquals([...contentsOfTree(b).keys()], ["tasks/completed/double.json"]);
  });
});

Deno.test("a small record that would be no valid task when it is indented stays small", async () => {
  await withRooms(async ({ a, b, put, move }) => {
    put(a, "pending", { metadata: { numbers: Array.from({ length: 200_000 }, () => 1) } });
    assertEquals((await move()).moved, 1);
    assert(Deno.statSync(`${b}/tasks/pending/x.json`).size < 1024 * 1024);
  });
});
