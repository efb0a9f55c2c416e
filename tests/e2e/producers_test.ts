/** Files put into pending/ by any program: a shell's printf and mv, cp, an editor, and mistakes. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { eventually } from "../support/eventually.ts";
import { Scene } from "../support/scene.ts";

/** Neither key nor server: the built-in model answers. */
const OFFLINE = {};

async function sh(scene: Scene, script: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", script],
    cwd: scene.root,
    stdin: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

function place(scene: Scene, name: string, content: string): void {
  Deno.writeTextFileSync(scene.path(`tmp/${name}`), content);
  Deno.renameSync(scene.path(`tmp/${name}`), scene.path(`tasks/pending/${name}`));
}

Deno.test("printf and mv are enough: within a second the sum is done and its conversation told", async () => {
  await using scene = await Scene.open(OFFLINE);
  await scene.service();
  // These tests share the machine with others, so the best of three counts.
  const took: number[] = [];
  for (const id of ["sum-1", "sum-2", "sum-3"]) {
    const began = performance.now();
    await sh(
      scene,
      `printf '{"conversation_id":"c1","prompt":"What is 17*23?"}' > persistent/tmp/x && ` +
        `mv persistent/tmp/x persistent/tasks/pending/${id}.json`,
    );
    const record = await scene.completed(id);
    took.push(performance.now() - began);
    assertMatch(record.result ?? "", /\b391\b/);
    const notification = scene.read(`notifications/c1/${id}-completed.json`);
    assertMatch(String(notification["message"]), /\b391\b/);
  }
  assert(Math.min(...took) < 1_000, `it took ${took} ms`);
});

Deno.test("a large file that is copied slowly into pending/ is taken once it is whole", async () => {
  await using scene = await Scene.open(OFFLINE);
  await scene.service();
  const task = { conversation_id: "c1", prompt: "What is 17*23?", metadata: { note: "" } };
  task.metadata.note = "n".repeat(500_000);
  const bytes = new TextEncoder().encode(JSON.stringify(task));
  const pieces = 10;
  const size = Math.ceil(bytes.length / pieces);
  using file = await Deno.open(scene.path("tasks/pending/slow.json"), {
    write: true,
    createNew: true,
  });
  for (let piece = 0; piece < pieces; piece++) {
    assert(scene.has("tasks/pending/slow.json"), "it was taken before it was whole");
    await file.write(bytes.subarray(piece * size, (piece + 1) * size));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const record = await scene.completed("slow");
  assertMatch(record.result ?? "", /\b391\b/);
  assertEquals((record["metadata"] as { note: string }).note.length, 500_000);
  assertEquals(scene.notifications("c1"), ["slow-completed.json"]);
});

Deno.test("an editor's save, in place or by a second file, is a task too", async () => {
  await using scene = await Scene.open(OFFLINE);
  await scene.service();
  // vim: the old name is a backup, a new file is written, the swap file comes and goes.
  await sh(
    scene,
    `cd persistent/tasks/pending && touch .vi.json.swp && ` +
      `printf '{"conversation_id":"c1","prompt":"What is 1+1?"}\\n' > vi.json && rm .vi.json.swp`,
  );
  // nano and many others: the file is opened empty first, and filled with the next write.
  await sh(
    scene,
    `cd persistent/tasks/pending && : > nano.json && ` +
      `printf '{"conversation_id":"c1",\\n"prompt":"What is 2+2?"}\\n' > nano.json`,
  );
  // gedit, VS Code: a temporary name beside it, then a rename.
  await sh(
    scene,
    `cd persistent/tasks/pending && printf '{"conversation_id":"c1","prompt":"What is 3+3?"}' ` +
      `> .goutputstream-X && mv .goutputstream-X gedit.json`,
  );
  for (const [id, sum] of [["vi", 2], ["nano", 4], ["gedit", 6]] as const) {
    assertMatch((await scene.completed(id)).result ?? "", new RegExp(`\\b${sum}\\b`));
  }
  assertEquals(scene.ids("failed"), []);
});

Deno.test("a file that is no valid task ends in failed/ with its bytes kept and its conversation told", async () => {
  await using scene = await Scene.open(OFFLINE);
  await scene.service();
  const cases = [
    ["no-prompt", '{"conversation_id": "c1"}', /^"prompt" is missing, expected a text of 1 to/],
    ["bad-priority", '{"conversation_id":"c1","prompt":"p","priority":"high"}', /^"priority": /],
    ["other-id", '{"conversation_id":"c1","prompt":"p","id":"x"}', /^"id": expected "other-id"/],
    ["up-and-out", '{"conversation_id":"../../etc","prompt":"p"}', /^"conversation_id": /],
  ] as const;
  for (const [id, text] of cases) place(scene, `${id}.json`, text);
  for (const [id, text, message] of cases) {
    const record = await scene.failed(id);
    assertEquals(record.error?.code, "invalid_task");
    assertMatch(record.error?.message ?? "", message);
    assertEquals(Deno.readTextFileSync(scene.path(`tasks/failed/${id}.original`)), text);
  }
  assertEquals(
    scene.notifications("c1"),
    cases.slice(0, 3).map(([id]) => `${id}-failed.json`).sort(),
  );
  assertEquals(scene.names("notifications"), ["c1"]);

  const broken = '{"conversation_id": "c1", "prompt": "never en';
  place(scene, "torn.json", broken);
  // Old already: nobody is writing it any more.
  Deno.utimeSync(scene.path("tasks/pending/torn.json"), 0, 0);
  await scene.failed("torn");
  assertEquals(Deno.readTextFileSync(scene.path("tasks/failed/torn.original")), broken);

  place(scene, "no legal id.json", '{"conversation_id":"c1","prompt":"p"}');
  const renamed = await eventually(
    "the file with the illegal name",
    () => scene.ids("failed").find((id) => !/^(torn|other-id|up-and|no-|bad-)/.test(id)),
  );
  assertMatch(scene.record("failed", renamed)?.error?.message ?? "", /"no legal id\.json"/);
});

Deno.test("what is not ours to touch stays where it is, and tasks beside it are done", async () => {
  await using scene = await Scene.open(OFFLINE);
  const service = await scene.service();
  const pending = scene.path("tasks/pending");
  const text = '{"conversation_id":"c1","prompt":"What is 1+1?"}';
  place(scene, "newer.json", JSON.stringify({ ...JSON.parse(text), version: 2 }));
  place(scene, "notes.txt", text);
  place(scene, ".hidden.json", text);
  place(scene, "upper.JSON", text);
  Deno.mkdirSync(join(pending, "directory.json"));
  Deno.writeTextFileSync(join(scene.root, "target.json"), text);
  Deno.symlinkSync(join(scene.root, "target.json"), join(pending, "link.json"));
  await sh(scene, "mkfifo persistent/tasks/pending/fifo.json");
  place(scene, "fine.json", text);
  await scene.completed("fine");
  await eventually(
    "a word about each",
    () =>
      ["newer", "directory", "link", "fifo"].every((name) => service.log.includes(`${name}.json`)),
  );
  assertEquals(scene.names("tasks/pending"), [
    ".hidden.json",
    "directory.json",
    "fifo.json",
    "link.json",
    "newer.json",
    "notes.txt",
    "upper.JSON",
  ]);
  assertEquals([scene.ids("failed"), scene.ids("running")], [[], []]);
});
