/** The marks of a move: what they keep away, and when they go. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { MoveRefused } from "../../../lib/task/move_mark.ts";
import { Gate } from "../../support/gate.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../support/storage_fixture.ts";
import { announce } from "../cli/tasks/tasks_fixture.ts";
import { contentsOfTree } from "./contents.ts";
import { fileStore, QUIET } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

const isMarked = (root: string) => contentsOfTree(root).has("control/moving");

async function refusalOf(from: string, to: string): Promise<string> {
  const move = async () => await moveTasks(await fileStore(from), await fileStore(to), QUIET);
  return (await assertRejects(move, MoveRefused)).message;
}

/** A move that fails as soon as its first task is done. */
async function cutShort(from: string, to: string): Promise<void> {
  const onProgress = () => {
    throw new Error("cut short");
  };
  const move = async () =>
    await moveTasks(await fileStore(from), await fileStore(to), { ...QUIET, onProgress });
  await assertRejects(move, Error, "cut short");
}

Deno.test("no task moves while a service is alive at either place; it is named", async () => {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 10);
  const planted = contentsOfTree(a);
  const storage = await openTestStorage(b);
  const service = await announce(storage, { service_id: "s9", pid: 77, host: "h" });
  const message = await refusalOf(a, b);
  assertStringIncludes(message, `a service is alive on "${b}": s9, process 77 on h; stop every`);
  assertStringIncludes(await refusalOf(b, a), "s9");
  assertEquals(contentsOfTree(a), planted);
  assertEquals(isMarked(b), false);
  await service.withdraw();
  assertEquals((await moveTasks(await fileStore(a), await fileStore(b), QUIET)).moved, 10);
});

Deno.test("no service and no second move begins while one is under way", async () => {
  await using dir = await TempDir.make();
  const [a, b, c] = [`${dir.path}/a`, `${dir.path}/b`, `${dir.path}/c`];
  plantTasks(a, 10);
  const [inA, inB] = [await openTestStorage(a), await openTestStorage(b)];
  const arriving = new Gate();
  const disk = new HookedDisk(({ name, path }) =>
    name === "link" && path.includes("/in_transit/") ? arriving.pass() : undefined
  );
  const move = moveTasks(await fileStore(a), await fileStore(b, { disk }), QUIET);
  await arriving.reached;
  const refused = async (start: () => Promise<unknown>) =>
    (await assertRejects(start, MoveRefused)).message;
  const atA = await refused(() => announce(inA));
  const atB = await refused(() => announce(inB));
  const second = await refusalOf(a, c);
  arriving.release();
  assertEquals((await move).moved, 10);
  const moving = `its tasks are being moved from ${a} to ${b} just now; wait until that is done`;
  assertEquals(atA, `Cannot start a service on "${a}": ${moving}`);
  assertEquals(atB, `Cannot start a service on "${b}": ${moving}`);
  assertEquals(second, `Cannot move tasks from or to "${a}": ${moving}`);
  // All is over: services may start, and nothing of them was left by those that might not.
  assertEquals([isMarked(a), isMarked(b)], [false, false]);
  await (await announce(inA)).withdraw();
  assertEquals((await inB.presence.live()).length, 0);
});

Deno.test("until a move that was cut short is finished no service and no other move begins", async () => {
  await using dir = await TempDir.make();
  const [a, b, c] = [`${dir.path}/a`, `${dir.path}/it's b`, `${dir.path}/c`];
  plantTasks(a, 100);
  await cutShort(a, b);
  assertEquals([isMarked(a), isMarked(b)], [true, true]);
  const storage = await openTestStorage(b);
  const way = `finish it first with tasks move --from ${a} --to '${dir.path}/it'\\''s b', or, to ` +
    "give it up, remove";
  for (const start of [() => announce(storage), () => refusalOf(a, c), () => refusalOf(c, b)]) {
    const message = await start().then(String, (error) => error.message);
    assertStringIncludes(message, "was cut short, and some may be at both places");
    assertStringIncludes(message, way);
  }
  assertEquals(isMarked(c), false);
  await moveTasks(await fileStore(a), await fileStore(b), QUIET);
  assertEquals([isMarked(a), isMarked(b)], [false, false]);
  await (await announce(storage)).withdraw();
});

Deno.test("marks of two different moves that were cut short are not taken for one", async () => {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 100);
  await cutShort(a, b);
  const mark = JSON.parse(Deno.readTextFileSync(`${b}/control/moving`));
  Deno.writeTextFileSync(`${b}/control/moving`, JSON.stringify({ ...mark, token: "other" }));
  assertStringIncludes(await refusalOf(a, b), "was cut short");
  Deno.writeTextFileSync(`${b}/control/moving`, "oops");
  assertStringIncludes(await refusalOf(a, b), "the same tasks move command as before");
});

Deno.test("a place is not moved to itself", async () => {
  await using dir = await TempDir.make();
  const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
  plantTasks(a, 1);
  Deno.symlinkSync(a, b);
  assertStringIncludes(await refusalOf(a, b), "are the same place");
  assertEquals(isMarked(a), false);
});
