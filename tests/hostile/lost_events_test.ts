/** Events that never come: bursts, a full queue in the kernel, no watches left, a new directory. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { eventually, soon } from "../support/eventually.ts";
import { startModelServer } from "../support/model_server.ts";
import { Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

const BURST = 50_000;
const isLinux = Deno.build.os === "linux";

Deno.test({
  name:
    `${BURST} files that are moved in while the process stands still are all claimed, each once`,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "bts-burst-" });
    const script = new URL("./burst_service.ts", import.meta.url).pathname;
    const child = new Deno.Command("deno", {
      args: ["run", "-A", script, directory, String(BURST)],
      stdout: "piped",
    }).spawn();
    try {
      const lines = child.stdout.pipeThrough(new TextDecoderStream() as TransformStream)
        .getReader();
      const read = async () => String((await soon("a line", lines.read(), 60)).value).trim();
      assertEquals(await read(), "ready");
      // Neither the event loop nor the thread that empties the kernel's queue of 16,384 events runs.
      child.kill("SIGSTOP");
      for (let i = 0; i < BURST; i++) {
        const temporary = join(directory, "tmp", "burst");
        Deno.writeTextFileSync(temporary, '{"conversation_id":"c1","prompt":"p"}');
        Deno.renameSync(temporary, join(directory, "tasks/pending", `burst-${i}.json`));
      }
      child.kill("SIGCONT");
      let text = await read();
      while (!text.endsWith("}")) text += await read();
      lines.releaseLock();
      const { claimed, twice, log } = JSON.parse(text);
      assertEquals([claimed, twice], [BURST, 0]);
      assertEquals((await child.status).code, 0);
      assert(
        log.some((line: string) =>
          line === "info: events for pending/ were lost: reading the directory instead"
        ),
        log.join("\n"),
      );
      const count = (state: string) =>
        [...Deno.readDirSync(join(directory, "tasks", state))].length;
      assertEquals([count("running"), count("pending")], [BURST, 0]);
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await child.status;
      await new Deno.Command("rm", { args: ["-rf", directory] }).output();
    }
  },
});

/** A user namespace of its own, in which the kernel gives no watch (or no watcher) any more. */
function withLimit(name: string): readonly string[] {
  const script = `echo 0 > /proc/sys/user/${name} && exec "$@"`;
  return ["unshare", "-U", "-r", "sh", "-c", script, "sh"];
}

async function canLimit(): Promise<boolean> {
  if (!isLinux) return false;
  try {
    const [command = "", ...args] = [...withLimit("max_inotify_watches"), "true"];
    return (await new Deno.Command(command, { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

for (const limit of ["max_inotify_watches", "max_inotify_instances"]) {
  Deno.test({
    name:
      `with ${limit} used up, tasks are picked up and cancelled all the same, and the log says how`,
    // Needs Linux that lets this user make a user namespace: a container may forbid it.
    ignore: !await canLimit(),
    async fn() {
      await using model = await startModelServer((request) =>
        promptOf(request) === "long" ? { hang: "before" } : { text: "done" }
      );
      await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
      const under = withLimit(limit);
      const service = await scene.service([], { under });
      const said = /cannot watch [^\n]*tasks\/pending[^\n]*reading it now and then instead/;
      await soon("a word about it", service.seen(said, "stderr"));
      scene.submit("t1", { prompt: "short" });
      scene.submit("t2", { prompt: "long" });
      await scene.completed("t1");
      await eventually("the model call of t2", () => model.requests.length === 2);
      // The other program has no watch either.
      const cancelled = await scene.tasks(["cancel", "t2"], { under });
      assertEquals(cancelled.code, 0, cancelled.stderr);
      const waited = await scene.tasks(["wait", "t2", "--timeout", "20"], { under });
      assertEquals(waited.code, 5);
      assertEquals((await stop(service)).code, 0);
      const warnings = service.log.split("\n").filter((line) => line.includes("cannot watch"));
      assertEquals(warnings.length, 3, "once for each of its three directories");
    },
  });
}

Deno.test("directories that are removed and made again under a running service are used again", async () => {
  await using model = await startModelServer(() => ({ text: "done" }));
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  const service = await scene.service();
  scene.submit("before", { prompt: "p" });
  await scene.completed("before");
  for (const name of ["tasks/pending", "control/cancel"]) {
    await Deno.remove(scene.path(name), { recursive: true });
    await Deno.mkdir(scene.path(name), { mode: 0o700 });
  }
  scene.submit("after", { prompt: "p" });
  await scene.completed("after");
  await soon("a word about it", service.seen(/events for pending\/ were lost/, "stderr"));
  // Soon by events again: many in a row come faster than scans, which are two seconds apart.
  let tasks = 0;
  await eventually("tasks that are seen at once", async () => {
    const began = performance.now();
    for (let i = 0; i < 6; i++) {
      scene.submit(`again-${++tasks}`, { prompt: "p" });
      await scene.completed(`again-${tasks}`);
    }
    return performance.now() - began < 8_000;
  });
  assertEquals((await stop(service)).code, 0);
});
