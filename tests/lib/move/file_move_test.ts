/** Moves from one directory to another: what arrives, and what a crash cannot harm. */
import { assert, assertEquals } from "@std/assert";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { TempDir } from "../../support/storage_fixture.ts";
import { type Contents, contentsOfTree } from "./contents.ts";
import { fileStore, QUIET } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

const NOTHING: Contents = new Map();
const FULL = { durability: "full" } as const;

Deno.test("all tasks of a directory go to another one, with all that belongs to them", async () => {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 40);
  const planted = contentsOfTree(a);
  const outcome = await moveTasks(await fileStore(a, FULL), await fileStore(b, FULL), QUIET);
  assertEquals(outcome, { moved: 40, already_there: 0, left: [] });
  assertEquals(contentsOfTree(b), planted);
  assertEquals(contentsOfTree(a), NOTHING);
});

/** Moves in a process that dies before its n-th call to the disk; false where it lives to the end. */
async function diesAt(n: number, from: string, to: string): Promise<boolean> {
  let calls = 0;
  const disk = new HookedDisk(() => {
    if (++calls >= n) throw new Error("died");
  });
  const dying = { ...FULL, disk };
  try {
    await moveTasks(await fileStore(from, dying), await fileStore(to, dying), QUIET);
    return false;
  } catch (error) {
    assert(error instanceof Error && /died/.test(error.message), String(error));
    return true;
  } finally {
    disk.closeAll();
  }
}

// Each call is a moment at which a process can be killed; one in so many is tried, others each time.
const STEP = 29;

Deno.test("a move that is killed twice, at any moment, is gone on with: nothing is lost or doubled", async () => {
  let deaths = 0;
  for (let n = 1 + Math.floor(Math.random() * STEP);; n += STEP) {
    await using dir = await TempDir.make();
    const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
    plantTasks(a, 10);
    const planted = contentsOfTree(a);
    if (!await diesAt(n, a, b)) break;
    deaths++;
    const second = 1 + Math.floor(Math.random() * 300);
    await diesAt(second, a, b);
    const { left } = await moveTasks(await fileStore(a), await fileStore(b), QUIET);
    const when = `killed at call ${n}, then at call ${second}`;
    assertEquals(left, [], when);
    assertEquals(contentsOfTree(b), planted, when);
    assertEquals(contentsOfTree(a), NOTHING, when);
  }
  assert(deaths > 15, `${deaths} deaths`);
});

Deno.test("a move that was cut short, at any moment, can be taken back", async () => {
  let deaths = 0;
  for (let n = 1 + Math.floor(Math.random() * STEP);; n += STEP) {
    await using dir = await TempDir.make();
    const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
    plantTasks(a, 10);
    const planted = contentsOfTree(a);
    if (!await diesAt(n, a, b)) break;
    deaths++;
    const { left } = await moveTasks(await fileStore(b), await fileStore(a), QUIET);
    assertEquals(left, [], `killed at call ${n}`);
    assertEquals(contentsOfTree(a), planted, `killed at call ${n}`);
    assertEquals(contentsOfTree(b), NOTHING, `killed at call ${n}`);
  }
  assert(deaths > 15, `${deaths} deaths`);
});

Deno.test("an interrupted move leaves every task at one place alone, and no mark", async () => {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 200);
  const planted = contentsOfTree(a);
  const stop = new AbortController();
  const first = await moveTasks(await fileStore(a), await fileStore(b), {
    interrupted: stop.signal,
    onProgress: () => stop.abort(),
  });
  assert(first.moved > 0 && first.moved < 200, `${first.moved} moved`);
  const [left, arrived] = [contentsOfTree(a), contentsOfTree(b)];
  assertEquals([...left.keys()].filter((name) => arrived.has(name)), []);
  assertEquals(new Map([...planted].filter(([name]) => left.has(name))), left);
  const second = await moveTasks(await fileStore(a), await fileStore(b), QUIET);
  assertEquals(first.moved + second.moved, 200);
  assertEquals(contentsOfTree(b), planted);
});

Deno.test("what comes in meanwhile moves too", async () => {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 10);
  let added = false;
  const outcome = await moveTasks(await fileStore(a), await fileStore(b), {
    ...QUIET,
    onProgress: () => {
      if (added) return;
      added = true;
      const text = '{"conversation_id": "c1", "prompt": "Late."}';
      Deno.writeTextFileSync(`${a}/tasks/pending/late.json`, text);
    },
  });
  assertEquals(outcome, { moved: 11, already_there: 0, left: [] });
  assert(contentsOfTree(b).has("tasks/pending/late.json"));
});
