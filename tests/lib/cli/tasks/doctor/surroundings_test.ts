/** What the doctor says of the directory, the disk, the clocks and the model server. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { checkClock } from "../../../../../lib/cli/tasks/doctor/clock.ts";
import {
  checkFileSystem,
  checkSpace,
  type FileSystemFacts,
} from "../../../../../lib/cli/tasks/doctor/disk_checks.ts";
import { checkLeftFiles } from "../../../../../lib/cli/tasks/doctor/left_files.ts";
import { checkModel } from "../../../../../lib/cli/tasks/doctor/model_server.ts";
import { checkPermissions } from "../../../../../lib/cli/tasks/doctor/permissions.ts";
import type { Finding } from "../../../../../lib/cli/tasks/doctor/finding.ts";
import { withStorage } from "../../../../support/temp_storage.ts";

const never = new AbortController().signal;
const said = (findings: readonly Finding[]) =>
  findings.map(({ level, message }) => `${level}: ${message}`);

Deno.test("a directory that others can look into is told with the command that mends it", async () => {
  await withStorage((storage, dir) => {
    const { layout } = storage;
    assertEquals(said(checkPermissions(layout, Deno.uid() ?? undefined)), [
      "ok: Only you can look into what the directory holds",
    ]);
    Deno.chmodSync(layout.tmp, 0o755);
    assertEquals(checkPermissions(layout, Deno.uid()!)[0]!.level, "ok");
    Deno.chmodSync(dir, 0o750);
    assertEquals(said(checkPermissions(layout, Deno.uid()!)), [
      `look: Others can look into "${dir}" (mode 0750), and below it into tmp: ` +
      `chmod -R go-rwx "${dir}"`,
    ]);
    Deno.chmodSync(layout.tmp, 0o700);
    assertEquals(checkPermissions(layout, Deno.uid()!)[0]!.level, "ok");
    Deno.chmodSync(dir, 0o730);
    assertEquals(said(checkPermissions(layout, Deno.uid()!)), [
      `look: Others can write into "${dir}" (mode 0730): chmod -R go-rwx "${dir}"`,
    ]);
    const foreign = checkPermissions(layout, 12345)[0]!;
    assertEquals(foreign.level, "bad");
    assertStringIncludes(
      foreign.message,
      `"${dir}" belongs to another user (uid ${Deno.uid()}, this is 12345)`,
    );
    return Promise.resolve();
  });
});

const WELL = { failures: [], watched: true, flush_ms: 1.25 };
const LOCAL = { free: 50e9, size: 100e9, free_inodes: 1_000_000, inodes: 2_000_000 };

function fileSystem(facts: Partial<FileSystemFacts>): string[] {
  const usual = { root: "/p", probe: WELL, space: LOCAL, durability: "full" } as const;
  return said(checkFileSystem({ ...usual, ...facts }));
}

Deno.test("a file system that fails the probe, is not watched or is slow is told", () => {
  assertEquals(fileSystem({}), [
    "ok: The file system locks, links, renames and is watched as it should; a flush takes 1.3 ms",
  ]);
  const probe = { failures: ["gives no locks"], watched: false, flush_ms: 250 };
  assertEquals(fileSystem({ probe }), [
    'bad: The file system of "/p" gives no locks: use a local disk with room, named with PERSISTENT_DIR',
    "look: A rename in a watched directory is not noticed, so tasks start seconds late: raise " +
    "fs.inotify.max_user_watches and max_user_instances, or use a local disk",
    "look: A flush takes 250 ms, and each step of a task waits for one: use a faster disk, or " +
    "DURABILITY=relaxed if a power cut may cost the last steps",
  ]);
  assertEquals(
    fileSystem({ probe: { ...WELL, flush_ms: 250 }, durability: "relaxed" })[0]?.slice(0, 3),
    "ok:",
  );
});

Deno.test("a network's, memory's and container's file system are told by their names", () => {
  const on = (kind: "network" | "memory" | "container", name: string) =>
    fileSystem({ space: { ...LOCAL, kind, name } })[0];
  assertEquals(
    on("network", "NFS"),
    'bad: "/p" lies on NFS, where locks and watches cannot be relied on: name a directory on a ' +
      "local disk with PERSISTENT_DIR",
  );
  assertEquals(
    on("memory", "tmpfs"),
    'look: "/p" lies in memory (tmpfs) and is gone after a restart: name a directory on a disk ' +
      "with PERSISTENT_DIR, or say DURABILITY=relaxed",
  );
  assertEquals(
    on("container", "overlayfs"),
    'ok: "/p" lies in a container\'s own layer (overlayfs) and goes with the container where no ' +
      "volume is mounted",
  );
});

Deno.test("room is told in bytes and files, and where there is little what to do", () => {
  assertEquals(said(checkSpace(LOCAL)), ["ok: There is room for 50 GB of 100 GB, 1,000,000 files"]);
  assertEquals(said(checkSpace({ ...LOCAL, free: 1e6, free_inodes: 7 })), [
    "bad: The disk is nearly full (1.0 MB of 100 GB free): make room, or see tasks prune --help",
    "look: The disk can hold only 7 more files: remove some, or see tasks prune --help",
  ]);
  assertEquals(said(checkSpace(undefined)), [
    "ok: How much room there is cannot be seen without --allow-sys=statfs",
  ]);
});

Deno.test("clocks that disagree are told: the disk's, a service's and a producer's", async () => {
  await withStorage(async (storage) => {
    const now = Date.now();
    assertEquals(said(await checkClock(now, [], storage, now)), ["ok: The clocks agree"]);
    const created_at = new Date(now + 3_600_000).toISOString();
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1", created_at });
    const service = {
      version: 1,
      service_id: "s1",
      pid: 1,
      host: "h",
      started_at: new Date(now + 120_000).toISOString(),
      concurrency: 1,
      model: "m",
      tools: [],
    };
    assertEquals(said(await checkClock(now - 600_000, [service], storage, now)), [
      "look: The disk's clock and this machine's differ by 10m0s: set them by NTP, or waits and " +
      "ages are wrong",
      "look: Service s1 says that it starts in 2m0s: the clock was set back",
      "look: Task t1 claims to be made in 1h0m: its producer's clock is ahead, or this one was set back",
    ]);
  });
});

Deno.test("old things in tmp/ and duplicates are told", async () => {
  await withStorage(async (storage) => {
    const { layout } = storage;
    assertEquals(said(await checkLeftFiles(storage, Date.now())), [
      "ok: Nothing lies about in pending/, rejected/ or tmp/",
    ]);
    await Deno.mkdir(`${layout.tmp}/left`);
    await Deno.writeTextFile(`${layout.rejected}/t1.abc.json`, "{}");
    assertEquals(said(await checkLeftFiles(storage, Date.now() + 90_000_000)), [
      `look: Duplicates of ids that existed lie in ${layout.rejected} (1); look at them and remove them`,
      `look: Things older than a day lie in ${layout.tmp} (1); nobody needs them: remove them`,
    ]);
  });
});

/** What is said of a server that answers like this. */
async function ofServer(response: () => Response, api_key: string | undefined): Promise<string> {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, response);
  const base_url = `http://127.0.0.1:${server.addr.port}/v1`;
  const config = { base_url, api_key, offline: false, main_model: "m1", background_model: "m2" };
  const lines = said(await checkModel(config, never));
  assert(api_key === undefined || !lines.join().includes(api_key));
  return lines.join("\n").replace(`${base_url}/models`, "URL");
}

Deno.test("the model server is told with what it says of the key and of the models", async () => {
  const list = (...ids: string[]) => () => Response.json({ data: ids.map((id) => ({ id })) });
  const status = (status: number) => () => new Response("", { status });
  assertEquals(
    await ofServer(list("m1", "m2:latest"), "k1-secret"),
    "ok: The model server answers and has m1, m2",
  );
  assertEquals(
    await ofServer(list("m1", "x"), "k1-secret"),
    "look: The model server answers but does not list m2: correct MAIN_MODEL, BACKGROUND_MODEL or " +
      "OPENAI_MODEL (it lists m1, x)",
  );
  assertEquals(
    await ofServer(status(401), "k1-secret"),
    "bad: The model server answers at URL with HTTP 401: it does not take the key: correct OPENAI_API_KEY",
  );
  assertEquals(
    await ofServer(status(401), undefined),
    "bad: The model server answers at URL with HTTP 401: it wants a key: set OPENAI_API_KEY",
  );
  assertEquals(
    await ofServer(status(500), undefined),
    "look: The model server answers at URL with HTTP 500: check OPENAI_BASE_URL, or try again later",
  );
  assertEquals(
    await ofServer(() => new Response("hello"), undefined),
    "look: What answers at URL sends no list of models: check that OPENAI_BASE_URL leads to an " +
      "OpenAI-compatible server",
  );
});
