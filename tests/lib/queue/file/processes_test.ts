/** Several real processes on one directory. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { recoverOnce } from "../../../../lib/service/recoverer.ts";
import { eventually } from "../../../support/eventually.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";

const CLAIMER = fromFileUrl(new URL("./claimer.ts", import.meta.url));
const REQUEST = { conversation_id: "c1", prompt: "Do it." };

/** A child process and the lines that it has said so far. */
class Claimer implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(root: string, mode: "work" | "hold") {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--allow-read", "--allow-write", CLAIMER, root, mode],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (text + chunk).split("\n");
      text = parts.pop() ?? "";
      this.lines.push(...parts);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#reading;
  }
}

Deno.test("four processes share a hundred tasks and each is claimed once", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const ids = Array.from({ length: 100 }, (_, i) => `t-${i}`);
  for (const id of ids.slice(0, 50)) await storage.queue.enqueue({ ...REQUEST, id });
  await using a = new Claimer(dir.path, "work");
  await using b = new Claimer(dir.path, "work");
  await using c = new Claimer(dir.path, "work");
  await using d = new Claimer(dir.path, "work");
  await eventually("the first task", () => [a, b, c, d].some(({ lines }) => lines.length > 0));
  for (const id of ids.slice(50)) await storage.queue.enqueue({ ...REQUEST, id });
  const completed = () => [...Deno.readDirSync(storage.layout.state("completed"))];
  await eventually("a hundred completed tasks", () => completed().length === 100);
  const claimed = [a, b, c, d].flatMap(({ lines }) => lines);
  assertEquals(claimed.sort(), ids.sort());
  assertEquals((await storage.notifications.unread("c1")).length, 100);
  storage.close();
});

Deno.test("the task of a process that is killed is recovered, and of none that lives", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  await storage.queue.enqueue({ ...REQUEST, id: "x" });
  const parts = { ...storage, reap: () => Promise.resolve() };
  {
    await using holder = new Claimer(dir.path, "hold");
    await eventually("the claim", () => holder.lines.includes("x"));
    await recoverOnce(parts);
    assertEquals((await storage.queue.get("x"))?.state, "running");
  }
  await recoverOnce(parts);
  const task = await storage.queue.get("x");
  assertEquals(task?.state, "pending");
  assertEquals([task?.record.interruptions, task?.record.attempts?.[0]?.outcome], [1, "crashed"]);
  await using next = new Claimer(dir.path, "work");
  await eventually("the next claim", () => next.lines.includes("x"));
  const ended = await storage.queue.ended("x", AbortSignal.timeout(20_000));
  assert(ended?.state === "completed");
  assertEquals([ended.record.run, ended.record.attempt], [1, 1]);
  storage.close();
});
