/** Several real processes on one server: killed, and stopped for longer than their leases last. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { recoverOnce } from "../../../../lib/service/recoverer.ts";
import { eventually } from "../../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, request } from "../contract_fixture.ts";
import { OpenQueue, SHORT } from "./bullmq_scene.ts";

const HOLDER = fromFileUrl(new URL("./holder.ts", import.meta.url));
const LOCK = fromFileUrl(new URL("../../../../lib/redis/deno.lock", import.meta.url));

/** A child process and the lines that it has said so far. */
class Holder implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(url: string, mode: "work" | "hold") {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "-A", `--lock=${LOCK}`, HOLDER, url, mode],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read();
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
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
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#reading;
  }
}

/** Recovers what a dead owner has left, until the task waits again. */
async function recover(open: OpenQueue, id: string): Promise<void> {
  const parts = { queue: open.queue, journals: open.journals, reap: () => Promise.resolve() };
  await eventually("it waits again", async () => {
    await recoverOnce(parts);
    return (await open.queue.get(id))?.state === "pending";
  });
}

testWithRedis("four processes share a hundred tasks and each is claimed once", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  const ids = Array.from({ length: 100 }, (_, i) => `t-${i}`);
  for (const id of ids.slice(0, 50)) await open.queue.enqueue(request({ id }));
  await using a = new Holder(server.url, "work");
  await using b = new Holder(server.url, "work");
  await using c = new Holder(server.url, "work");
  await using d = new Holder(server.url, "work");
  const claimed = () => [a, b, c, d].flatMap(({ lines }) => lines);
  await eventually("the first task", () => claimed().length > 0);
  for (const id of ids.slice(50)) await open.queue.enqueue(request({ id }));
  await eventually("a hundred have completed", async () => {
    return (await open.queue.ids(["completed"])).length === 100;
  });
  assertEquals(claimed().sort(), ids.sort());
  assertEquals((await open.notifications.unread("c1")).length, 100);
});

testWithRedis("a task whose process was killed goes on elsewhere, from its journal", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url, { times: SHORT });
  await open.queue.enqueue(request({ id: "x" }));
  await using holder = new Holder(server.url, "hold");
  await eventually("it holds the task", () => holder.lines.includes("x"));
  await eventually("it has written", async () => (await open.journals.read("x")).length > 2);
  assertEquals(await open.queue.orphans(), []);
  holder.signal("SIGKILL");
  await recover(open, "x");
  const written = (await open.journals.read("x")).length;
  const task = await claimNext(open.queue);
  assertEquals([task.record.interruptions, task.record.attempts.length], [1, 2]);
  const journal = await open.journals.open("x", task.record.incarnation);
  assertEquals(journal.entries.length, written);
  assertEquals(await task.finish(DONE), "completed");
});

testWithRedis(
  "a process that was stopped, and goes on, writes nothing into the task of the next owner",
  async () => {
    await using server = await RedisServer.start({ durable: false });
    await using open = await OpenQueue.open(server.url, { times: SHORT });
    await open.queue.enqueue(request({ id: "x" }));
    await using holder = new Holder(server.url, "hold");
    await eventually("it has written", async () => (await open.journals.read("x")).length > 2);
    holder.signal("SIGSTOP");
    await recover(open, "x");
    const task = await claimNext(open.queue);
    await task.start();
    const { incarnation } = task.record;
    const journal = await open.journals.open("x", incarnation);
    await journal.append({ type: "attempt_ended", outcome: "mine" });
    holder.signal("SIGCONT");
    await eventually("it has tried to finish", () => holder.lines.length === 3);
    assertEquals(holder.lines, ["x", "refused", "finish: LeaseLost"]);
    const last = (await open.journals.read("x", incarnation)).at(-1);
    assert(last?.type === "attempt_ended" && last.outcome === "mine");
    assertEquals((await open.queue.get("x"))?.state, "running");
    assertEquals(await open.notifications.unread("c1"), []);
    assertEquals(await task.finish(DONE), "completed");
    assertEquals((await open.notifications.unread("c1")).length, 1);
  },
);

testWithRedis("a process that was stopped for less than its lease goes on", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url, { times: SHORT });
  await open.queue.enqueue(request({ id: "x" }));
  await using holder = new Holder(server.url, "hold");
  await eventually("it has written", async () => (await open.journals.read("x")).length > 2);
  holder.signal("SIGSTOP");
  const before = (await open.journals.read("x")).length;
  holder.signal("SIGCONT");
  await eventually("it writes on", async () => (await open.journals.read("x")).length > before + 2);
  assertEquals(holder.lines, ["x"]);
  assertEquals(await open.queue.orphans(), []);
});
