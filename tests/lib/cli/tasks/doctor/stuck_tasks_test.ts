import { assertEquals } from "@std/assert";
import { checkTasks } from "../../../../../lib/cli/tasks/doctor/stuck_tasks.ts";
import type { Storage } from "../../../../../lib/open_storage.ts";
import type { ServiceRecord } from "../../../../../lib/task/service_record.ts";
import type { TaskRequest } from "../../../../../lib/task/record.ts";
import { testOnEachStorage, withStorage } from "../../../../support/temp_storage.ts";

const MINUTE = 60_000;

function service(concurrency: number, tools: readonly string[] = []): ServiceRecord {
  return {
    version: 1,
    service_id: "s1",
    pid: 1,
    host: "h",
    started_at: new Date().toISOString(),
    concurrency,
    model: "m",
    tools: tools.map((name) => ({
      name,
      permissions: {},
      effects: "none" as const,
      enabled: true,
      reason: null,
    })),
  };
}

/** What is told of the tasks so many minutes from now. */
async function told(storage: Storage, minutes: number, services = [service(4)]): Promise<string[]> {
  const findings = await checkTasks({ storage, services, now: Date.now() + minutes * MINUTE });
  return findings.map(({ level, message }) => `${level}: ${message}`);
}

async function add(
  storage: Storage,
  id: string,
  fields: Omit<Partial<TaskRequest>, "id"> = {},
): Promise<void> {
  await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", ...fields, id });
}

testOnEachStorage("tasks that get on are no finding", async (withStorage) => {
  await withStorage(async (storage) => {
    assertEquals(await told(storage, 0), ["ok: No task waits or runs"]);
    await add(storage, "t1");
    assertEquals(await told(storage, 0), ["ok: Of one open task none stands still"]);
    // Nobody is there to take it: that is said where services are looked at.
    assertEquals(await told(storage, 5, []), ["ok: Of one open task none stands still"]);
  });
});

testOnEachStorage(
  "a task that is due for long is told with whether places are free",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1");
      assertEquals(await told(storage, 2), [
        "look: Tasks (1: t1) are due for over a minute although places are free: look at the log of " +
        "the services",
      ]);
      await add(storage, "t2");
      const claimed = await storage.queue.claim(AbortSignal.timeout(10_000));
      await claimed!.start();
      const waiting = claimed!.record.id === "t1" ? "t2" : "t1";
      assertEquals(await told(storage, 2, [service(1)]), [
        `look: Tasks (1: ${waiting}) are due for over a minute, and all 1 places are taken: start ` +
        "another service, or raise TASK_CONCURRENCY",
      ]);
      await claimed!.finish({ kind: "interrupted" });
    });
  },
);

testOnEachStorage(
  "a run that does not move, or runs over its time, is told with what it does",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await add(storage, "t1", { timeout_seconds: 900 });
      const claimed = await storage.queue.claim(AbortSignal.timeout(10_000));
      await claimed!.start();
      const journal = await storage.journals.open("t1", claimed!.record.incarnation);
      await journal.append({
        type: "tool_started",
        step: 1,
        call_id: "c",
        name: "get_weather",
        arguments: "{}",
        effects: "none",
      });
      journal.close();
      assertEquals(await told(storage, 4), ["ok: Of one open task none stands still"]);
      const still = (await told(storage, 8)).map((line) => line.replaceAll(/\b[78]m\d+s/g, "8m"));
      assertEquals(still, [
        "look: Task t1 has not moved for 8m: get_weather (8m); look at its service's log, or stop " +
        "it with: tasks cancel t1",
      ]);
      const over = (await told(storage, 17)).map((line) => line.replaceAll(/\b1[67]m\d+s/g, "17m"));
      assertEquals(over, [
        "look: Task t1 runs since 17m although it may take 900 s; look at its service's log, or stop " +
        "it with: tasks cancel t1",
      ]);
      await claimed!.finish({ kind: "interrupted" });
    });
  },
);

const REASONS = [
  [true, "for its next attempt"],
  [false, "because the model server asked for it (429)"],
] as const;
for (const [uses_attempt, why] of REASONS) {
  Deno.test(`a task that waits long ${why} is told so`, () => waitsLong(uses_attempt, why));
}

async function waitsLong(uses_attempt: boolean, why: string): Promise<void> {
  await withStorage(async (storage) => {
    await add(storage, "t1");
    const claimed = await storage.queue.claim(AbortSignal.timeout(10_000));
    await claimed!.start();
    await claimed!.finish({
      kind: "retry",
      retry_at: Date.now() + 30 * MINUTE + 5_000,
      error: { code: "model_unavailable", message: "HTTP 503" },
      uses_attempt,
    });
    assertEquals(await told(storage, 29.5), ["ok: Of one open task none stands still"]);
    const waits = (await told(storage, 0)).map((line) => line.replace(/30m\d+s/, "30m"));
    assertEquals(waits, [`look: Task t1 waits 30m more ${why}: HTTP 503`]);
  });
}

Deno.test("a far run_at, unknown tools, a newer version and an unreadable file are told", async () => {
  await withStorage(async (storage) => {
    await add(storage, "far", { run_at: "2999-01-01T00:00:00.000Z" });
    await add(storage, "tools", { tools: ["shell", "calculate"] });
    const pending = storage.layout.state("pending");
    const newer = JSON.stringify({ version: 2, conversation_id: "c1", prompt: "p" });
    await Deno.writeTextFile(`${pending}/newer.json`, newer);
    await Deno.writeTextFile(`${pending}/broken.json`, '{"prompt":');
    const lines = await told(storage, 0, [service(4, ["calculate"])]);
    const short = lines.map((line) =>
      line.replace(/in \d+d\d+h/, "in …").replace(/read: .*;/, "read: …;")
    );
    assertEquals(short.sort(), [
      "look: Pending task broken cannot be read: …; mend it, or wait for a service to fail it",
      "look: Task far runs only in … (2999-01-01T00:00:00.000Z): is that the year you meant?",
      "look: Task newer is left pending: its version 2 is newer than this program; run it with a newer one",
      "look: Task tools asks for tools that no live service has (shell): switch them on in tools.json, or cancel it",
    ]);
  });
});
