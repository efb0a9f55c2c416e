/** What lies in pending/ and is no plain file of one task: links, pipes, files that change. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { DenoDisk } from "../../lib/disk/deno_disk.ts";
import type { Storage } from "../../lib/open_storage.ts";
import { eventually } from "../support/eventually.ts";
import { HookedDisk } from "../support/hooked_disk.ts";
import { startModelServer } from "../support/model_server.ts";
import { Scene, stop } from "../support/scene.ts";
import { openTestStorage, TempDir } from "../support/storage_fixture.ts";
import { promptOf } from "../support/two_models.ts";

const text = (prompt: string, more = {}) =>
  JSON.stringify({ conversation_id: "c1", prompt, ...more });

const isRoot = Deno.uid() === 0;
/** Root may read everything, unless its capabilities are taken away. */
const WITHOUT_PRIVILEGES = isRoot ? { under: ["setpriv", "--bounding-set=-all"] } : {};
const isLinux = Deno.build.os === "linux";

/** The log without the quotes around what was filled in. */
const plain = (log: string) => log.replaceAll('\\"', "");

async function run(command: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  assert(success, `${command} failed`);
}

/** Names of things in pending/ that must stay there, and how to make each. */
const SPECIAL: Record<string, (path: string, outside: string) => Promise<unknown> | unknown> = {
  "link-to-a-task-outside": (path, outside) => Deno.symlink(outside, path),
  "link-to-a-secret": (path) => Deno.symlink("/etc/hostname", path),
  "link-to-nothing": (path) => Deno.symlink("/nowhere/at/all", path),
  "link-to-a-directory": (path) => Deno.symlink("/tmp", path),
  "link-to-a-device": (path) => Deno.symlink("/dev/zero", path),
  "link-loop": (path) => Deno.symlink("link-loop.json", path),
  "link-to-a-pipe": async (path, outside) => {
    await run("mkfifo", `${outside}.pipe`);
    await Deno.symlink(`${outside}.pipe`, path);
  },
  "pipe": (path) => run("mkfifo", path),
  "directory": (path) => Deno.mkdir(path),
};

Deno.test({
  name:
    "links, pipes, sockets, directories and unreadable files stay untouched and hold up nothing",
  // flock, FIFOs and capabilities as Linux has them.
  ignore: !isLinux,
  async fn() {
    await using model = await startModelServer((request) => ({ text: promptOf(request) }));
    await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
    const service = await scene.service([], WITHOUT_PRIVILEGES);
    const pending = (name: string) => scene.path(`tasks/pending/${name}.json`);
    const outside = join(scene.root, "outside.json");
    Deno.writeTextFileSync(outside, text("outside"));
    for (const [name, make] of Object.entries(SPECIAL)) await make(pending(name), outside);
    using _socket = Deno.listen({ transport: "unix", path: pending("socket") });
    Deno.writeTextFileSync(scene.path("tmp/locked"), text("now readable"), { mode: 0 });
    Deno.chmodSync(scene.path("tmp/locked"), 0);
    Deno.renameSync(scene.path("tmp/locked"), pending("unreadable"));
    await run("sh", "-c", `: > "$(printf '%s/\\377\\376.json' '${scene.path("tasks/pending")}')"`);
    scene.submit("fine", { prompt: "fine" });

    await scene.completed("fine");
    const left = [...Object.keys(SPECIAL), "socket"];
    for (const name of left) {
      const line = `pending/${name}.json is left where it is: it is not a regular file`;
      await eventually(line, () => plain(service.log).includes(line));
    }
    await eventually(
      "the unreadable one",
      () => /unreadable\.json is left[^\n]*cannot be read/.test(plain(service.log)),
    );
    await eventually(
      "the name that is no text",
      () => /left[^\n]*its name is not UTF-8/.test(plain(service.log)),
    );
    assertEquals(scene.ids("pending").length, left.length + 2);
    assertEquals([scene.ids("failed"), scene.ids("completed")], [[], ["fine"]]);
    assertEquals(Deno.readTextFileSync(outside), text("outside"));

    // What was wrong with it is put right: the next scan takes it.
    Deno.chmodSync(pending("unreadable"), 0o600);
    assertEquals((await scene.completed("unreadable")).result, "now readable");
    const complaints = plain(service.log).split("\n").filter((line) =>
      line.includes("is left where it is")
    );
    assertEquals(complaints.length, left.length + 2, "each is said once");
    assertEquals((await stop(service)).code, 0);
  },
});

/** Every call that the engine makes for a file in pending/ on its way to running/. */
const CALLS = ["stat", "open", "file.stat", "file.read", "file.tryLock", "rename"] as const;
const OCCASIONS = [1, 2, 3, 4];

const put = ({ layout }: Storage, id: string, content: string) => {
  Deno.writeTextFileSync(`${layout.tmp}/put`, content);
  Deno.renameSync(`${layout.tmp}/put`, layout.task("pending", id));
};

/**
 * Puts two tasks into pending/, does something to the first just before one call for it, and works
 * off what there is.
 *
 * @returns the prompts that ran; `undefined` where that call is never made
 */
async function disturbed(
  storage: Storage,
  disk: HookedDisk,
  [call, occasion]: readonly [name: string, occasion: number],
  act: (path: string) => void,
): Promise<string[] | undefined> {
  const path = storage.layout.task("pending", "x");
  let left = occasion;
  let acted = false;
  disk.hook = (made) => {
    if (made.name !== call || made.path !== path || --left !== 0) return;
    // Later the task has left pending/, and there is nothing to disturb.
    acted = new DenoDisk().stat(path) !== undefined;
    if (acted) act(path);
  };
  put(storage, "x", text("first"));
  put(storage, "y", text("good"));
  const end = new AbortController();
  const ran: string[] = [];
  const working = (async () => {
    for (let task; (task = await storage.queue.claim(end.signal)) !== undefined;) {
      ran.push(task.record.prompt);
      await task.start();
      await task.finish({ kind: "failed", error: { code: "internal", message: "m" } });
    }
  })();
  await eventually("nothing left to do", async () => {
    // What was moved by mistake is nobody's, and recovery's to put back.
    for (const orphan of await storage.queue.orphans()) {
      await orphan.finish({ kind: "crashed", progress: 0, last_seen: Date.now() });
    }
    const { running, due } = await storage.queue.outstanding();
    return running + due === 0;
  });
  end.abort();
  await working;
  return acted ? ran.sort() : undefined;
}

const listed = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

/** Disturbs each call at each occasion, and hands what came of it to `check`. */
async function disturbEach(
  act: (storage: Storage, path: string) => void,
  check: (ran: string[], storage: Storage, when: string) => void,
  mayStay: readonly string[] = [],
): Promise<void> {
  const happened = new Set<string>();
  for (const call of CALLS) {
    for (const occasion of OCCASIONS) {
      await using dir = await TempDir.make();
      const disk = new HookedDisk();
      const storage = await openTestStorage(dir.path, { disk });
      try {
        const ran = await disturbed(storage, disk, [call, occasion], (path) => act(storage, path));
        const when = `before ${call} number ${occasion}`;
        for (const state of ["pending", "running"] as const) {
          const left = listed(storage.layout.state(state));
          assertEquals(left.filter((name) => !mayStay.includes(name)), [], `${state}, ${when}`);
        }
        if (ran === undefined) continue;
        happened.add(call);
        check(ran, storage, when);
      } finally {
        storage.close();
      }
    }
  }
  assertEquals([...happened], [...CALLS], "a call was never made: the list above is out of date");
}

Deno.test("a file that vanishes before any call is gone, or runs whole, and holds up nothing", async () => {
  await disturbEach((_, path) => new DenoDisk().unlink(path), (ran, storage, when) => {
    assertEquals(ran, ["good"], when);
    assertEquals(listed(storage.layout.state("failed")), ["y.json"], when);
  });
});

Deno.test("a file that is replaced before any call runs once, as one of the two and whole", async () => {
  await disturbEach((storage) => put(storage, "x", text("second")), (ran, storage, when) => {
    assertEquals(ran.filter((prompt) => prompt !== "good").length, 1, `${when}: ${ran}`);
    assert(ran.includes("good") && /first|second/.test(ran.join()), `${when}: ${ran}`);
    const { prompt } = JSON.parse(Deno.readTextFileSync(storage.layout.task("failed", "x")));
    assert(ran.includes(prompt), `${when}: the record is of ${prompt}, what ran are ${ran}`);
    // The first was overwritten by whoever put the second; that one nobody may lose.
    const kept = listed(storage.layout.rejected).map((name) =>
      Deno.readTextFileSync(`${storage.layout.rejected}/${name}`)
    );
    assert([...ran, ...kept].join().includes("second"), `${when}: the second is lost`);
  });
});

Deno.test("a file that becomes a link before any call is never followed", async () => {
  const act = (storage: Storage, path: string) => {
    const outside = join(storage.layout.root, "outside.json");
    Deno.writeTextFileSync(outside, text("outside"));
    Deno.symlinkSync(outside, `${storage.layout.tmp}/link`);
    Deno.renameSync(`${storage.layout.tmp}/link`, path);
  };
  await disturbEach(act, (ran, _storage, when) => {
    assert(/^(first,)?good$/.test(ran.sort().join()), `${when}: ${ran}`);
  }, ["x.json"]);
});

Deno.test("a file that is emptied and written again before any call is never taken half", async () => {
  const act = (_: Storage, path: string) => Deno.writeTextFileSync(path, text("written over"));
  await disturbEach(act, (ran, _storage, when) => {
    assert(/^(first|written over),good$|^good,written over$/.test(ran.join()), `${when}: ${ran}`);
  });
});

Deno.test("a second name of a waiting task is a task of its own; both run once", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const end = new AbortController();
  try {
    put(storage, "a", text("twice"));
    Deno.linkSync(storage.layout.task("pending", "a"), storage.layout.task("pending", "b"));
    const first = await storage.queue.claim(end.signal);
    await first?.start();
    const second = await storage.queue.claim(end.signal);
    await second?.start();
    assertEquals([first?.record.id, second?.record.id].sort(), ["a", "b"]);
    assert(first?.record.incarnation !== second?.record.incarnation);
    for (const task of [first, second]) {
      await task?.finish({ kind: "failed", error: { code: "internal", message: "m" } });
    }
    assertEquals(listed(storage.layout.state("failed")), ["a.json", "b.json"]);
  } finally {
    end.abort();
    storage.close();
  }
});

Deno.test("a second name of a task that ended, with its id inside, is no task", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const end = new AbortController();
  try {
    put(storage, "a", text("once"));
    const task = await storage.queue.claim(end.signal);
    await task?.start();
    await task?.finish({ kind: "failed", error: { code: "internal", message: "m" } });
    const ended = Deno.readTextFileSync(storage.layout.task("failed", "a"));
    Deno.linkSync(storage.layout.task("failed", "a"), storage.layout.task("pending", "b"));
    void storage.queue.claim(end.signal);
    const rejected = await eventually("b in failed/", async () => {
      const seen = await storage.queue.get("b");
      return seen?.state === "failed" && seen.record;
    });
    assertMatch(String(rejected.error?.message), /^"id": expected "b", .* got "a"$/);
    assertEquals(Deno.readTextFileSync(storage.layout.task("failed", "a")), ended);
  } finally {
    end.abort();
    storage.close();
  }
});
