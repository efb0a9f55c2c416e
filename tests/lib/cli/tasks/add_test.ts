import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../../lib/cli/usage_error.ts";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { testOnEachStorage } from "../../../support/temp_storage.ts";
import { announce, COMPLETED, FAILED, run } from "./tasks_fixture.ts";

/** Adds a task and waits for it, while it is ended as a service would. */
async function awaited(storage: Storage, line: string, ending: Ending) {
  const { withdraw } = await announce(storage);
  const running = run(storage, line);
  const claimed = await storage.queue.claim(AbortSignal.timeout(10_000));
  await claimed!.start();
  await claimed!.finish(ending);
  const result = await running;
  await withdraw();
  return result;
}

testOnEachStorage(
  "tasks add --wait prints the result alone, and says else what it did on standard error",
  async (withStorage) => {
    await withStorage(async (storage) => {
      const done = await awaited(storage, "add --prompt p --id t1 --wait", COMPLETED);
      assertEquals([done.code, done.stdout, done.stderr], [0, "42\n", "Added task t1.\n"]);
      const again = await run(storage, "add --prompt p --id t1 --wait");
      assertEquals([again.code, again.stdout, again.stderr], [
        0,
        "42\n",
        "Task t1 exists already (completed); nothing was changed.\n",
      ]);
    });
  },
);

testOnEachStorage(
  "tasks add --wait is exit 4 for a failed task, 5 for a cancelled and 124 for a slow one",
  async (withStorage) => {
    await withStorage(async (storage) => {
      const failed = await awaited(storage, "add --prompt p --id t1 --wait", FAILED);
      assertEquals([failed.code, failed.stdout, failed.stderr], [
        4,
        "",
        'Added task t1.\nerror: Task "t1" failed (timeout): too slow\n',
      ]);
      const waiting = run(storage, "add --prompt p --id t2 --wait=10 --json");
      while (await storage.queue.get("t2") === undefined);
      await storage.queue.cancel("t2");
      const cancelled = await waiting;
      assertEquals([cancelled.code, cancelled.json().state, cancelled.json().created], [
        5,
        "failed",
        true,
      ]);
      const { withdraw } = await announce(storage);
      const slow = await run(storage, "add --prompt p --id t3 --wait=0.05");
      await withdraw();
      assertEquals([slow.code, slow.stderr], [
        124,
        'Added task t3.\nerror: Waited 0.05 s, and task "t3" has not ended; it goes on\n',
      ]);
    });
  },
);

testOnEachStorage(
  "tasks add --prompt - takes standard input, and refuses an empty one",
  async (withStorage) => {
    await withStorage(async (storage) => {
      const stdin = { stdin: "  line one\nline two\n" };
      const { code } = await run(storage, "add --prompt - --id t1", undefined, stdin);
      assertEquals([code, (await storage.queue.get("t1"))?.record.prompt], [
        0,
        "line one\nline two",
      ]);
      await assertRejects(
        () => run(storage, "add --prompt -", undefined, { stdin: " \n" }),
        UsageError,
        "Cannot add the task: --prompt - found no text on standard input",
      );
      await assertRejects(
        () => run(storage, "add --prompt - --priority x", undefined, stdin),
        UsageError,
        "Cannot add the task: --priority: expected a whole number from -100 to 100",
      );
    });
  },
);
