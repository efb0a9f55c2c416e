import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../../../lib/cli/usage_error.ts";
import type { Storage } from "../../../../lib/open_storage.ts";
import { moduleGraph } from "../../../support/module_graph.ts";
import { testOnEachStorage, withStorage } from "../../../support/temp_storage.ts";
import { announce, COMPLETED, ended, FAILED, run } from "./tasks_fixture.ts";

testOnEachStorage(
  "tasks add gives id, state and whether it was created, and repeats change nothing",
  async (withStorage) => {
    await withStorage(async (storage) => {
      const first = await run(storage, "add --prompt p --id t1 --priority 7 --json");
      assertEquals([first.code, first.json()], [0, { id: "t1", state: "pending", created: true }]);
      const again = await run(storage, "add --prompt other --id t1 --json");
      assertEquals([again.code, again.json()], [0, { id: "t1", state: "pending", created: false }]);
      const { record } = (await storage.queue.get("t1"))!;
      assertEquals([record.prompt, record.priority, record.conversation_id], ["p", 7, "cli"]);
      await assertRejects(() => run(storage, "add --prompt p --id ../x"), UsageError, "--id");
    });
  },
);

testOnEachStorage(
  "tasks list gives records with their state, newest first, filtered and limited",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "done", COMPLETED);
      for (const id of ["a", "b", "c"]) {
        await storage.queue.enqueue({ conversation_id: "c2", prompt: id, id });
      }
      const all = (await run(storage, "list --json")).json();
      assertEquals(all.length, 4);
      assertEquals(all.find((task: { id: string }) => task.id === "done").state, "completed");
      const two = (await run(storage, "list --json --conversation c2 --limit 2")).json();
      assertEquals(two.length, 2);
      const completed = (await run(storage, "list --json --state completed,failed")).json();
      assertEquals(completed.map((task: { result: string }) => task.result), ["42"]);
      const none = await run(storage, "list --state running");
      assertEquals([none.code, none.stdout, none.stderr], [0, "", "There are no such tasks.\n"]);
    });
  },
);

testOnEachStorage(
  "tasks show gives the record, its state and its journal; an unknown id is exit 1",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "done", COMPLETED);
      const shown = await run(storage, "show done --json");
      const { state, result, journal } = shown.json();
      assertEquals([shown.code, state, result, journal], [0, "completed", "42", []]);
      const unknown = await run(storage, "show nope");
      assertEquals([unknown.code, unknown.stderr], [
        1,
        'error: There is no task "nope"; see tasks list\n',
      ]);
    });
  },
);

testOnEachStorage(
  "tasks cancel does what it can, says what it could not, and is exit 1 then",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "done", COMPLETED);
      await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "waiting" });
      const mixed = await run(storage, "cancel nope done waiting --json");
      assertEquals(mixed.code, 1);
      assertEquals(mixed.json().map((t: { id: string; state: string }) => [t.id, t.state]), [
        ["waiting", "failed"],
      ]);
      assertEquals(mixed.stderr.split("\n").slice(0, 2), [
        'error: There is no task "nope"; see tasks list',
        'error: Cannot cancel task "done": it is completed; it has ended already',
      ]);
    });
  },
);

testOnEachStorage(
  "tasks retry takes failed tasks, with --fresh completed ones too",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "bad", FAILED);
      await ended(storage, "good", COMPLETED);
      const refused = await run(storage, "retry good");
      assertEquals([refused.code, refused.stderr], [
        1,
        'error: Cannot retry task "good": it is completed; ' +
        "only failed tasks can be retried, completed ones with --fresh\n",
      ]);
      const retried = await run(storage, "retry bad --json");
      assertEquals([retried.code, retried.json()[0].state], [0, "pending"]);
      const fresh = await run(storage, "retry good --fresh --json");
      assertEquals([fresh.code, fresh.json()[0].state], [0, "pending"]);
    });
  },
);

Deno.test("tasks retry of what was no valid task names the file to correct, with --fresh too", async () => {
  await withStorage(async (storage) => {
    await Deno.writeTextFile(`${storage.layout.state("pending")}/bad-1.json`, '{"prompt":7}');
    const none = await storage.queue.claim(AbortSignal.timeout(200));
    assertEquals([none, (await storage.queue.get("bad-1"))?.state], [undefined, "failed"]);
    for (const line of ["retry bad-1", "retry bad-1 --fresh"]) {
      const { code, stderr } = await run(storage, line);
      assertEquals([code, stderr], [
        1,
        'error: Cannot retry task "bad-1": what was handed in is no valid task; ' +
        "correct failed/bad-1.original and hand it in under a new id\n",
      ]);
    }
  });
});

testOnEachStorage(
  "tasks show, cancel, retry and wait take the beginning or end of an id that only one task has",
  async (withStorage) => {
    await withStorage(async (storage) => {
      const { queue } = storage;
      for (const id of ["01JAAAAAAAZDFHA5", "01JBBBBBBBQQQQQ1", "01JBBBBBBBQQQQQ2"]) {
        await queue.enqueue({ conversation_id: "c1", prompt: `prompt of ${id}`, id });
      }
      assertStringIncludes(
        (await run(storage, "show zdfha5")).stdout,
        "prompt of 01JAAAAAAAZDFHA5",
      );
      const cancelled = await run(storage, "cancel ZDFHA5");
      assertEquals([cancelled.code, cancelled.stdout], [0, "Cancelled 01JAAAAAAAZDFHA5\n"]);
      assertEquals((await run(storage, "wait 01JAAAA --json")).json()[0].id, "01JAAAAAAAZDFHA5");
      const retried = await run(storage, "retry ZDFHA5");
      assertEquals([retried.code, retried.stdout], [0, "Sent back to pending: 01JAAAAAAAZDFHA5\n"]);
      for (const command of ["show", "cancel", "retry", "wait"]) {
        const { code, stderr } = await run(storage, `${command} 01JBBBB`);
        assertEquals([code, stderr], [
          1,
          'error: "01JBBBB" fits 2 tasks, give more of the id: 01JBBBBBBBQQQQQ1, 01JBBBBBBBQQQQQ2\n',
        ], command);
        const short = await run(storage, `${command} HA5`);
        assertEquals([short.code, short.stderr], [
          1,
          'error: There is no task "HA5"; a part of an id needs 4 characters at least, see tasks list\n',
        ], command);
      }
      assertEquals((await queue.get("01JBBBBBBBQQQQQ1"))?.state, "pending");
    });
  },
);

Deno.test("a whole id of the operator's command is looked up without reading any directory", async () => {
  await withStorage(async (storage) => {
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1" });
    const ids = () => Promise.reject(new Error("a directory was read"));
    const { queue } = storage;
    const onlyById = {
      get: queue.get.bind(queue),
      cancel: queue.cancel.bind(queue),
      retry: queue.retry.bind(queue),
      ids,
    };
    const watched = Object.assign(Object.create(storage), { queue: onlyById }) as Storage;
    const codes = [];
    for (const line of ["show t1", "cancel t1", "retry t1"]) {
      codes.push((await run(watched, line)).code);
    }
    assertEquals(codes, [0, 0, 0]);
    await assertRejects(() => run(watched, "show none-such"), Error, "a directory was read");
  });
});

testOnEachStorage(
  "tasks wait prints what came of each ended task under the table",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "good", COMPLETED);
      await ended(storage, "bad", FAILED);
      const { stdout } = await run(storage, "wait good bad");
      const [table, ...endings] = stdout.split("\n\n");
      assertEquals(table!.split("\n").length, 3);
      assertEquals(endings, ["✓ p (good)\n  42", "✗ p (bad)\n  too slow\n"]);
    });
  },
);

testOnEachStorage(
  "tasks add and tasks wait say so when no service runs and something is to be done",
  async (withStorage) => {
    const hint =
      "No background service is running, so tasks will wait; start one with: deno task background\n";
    await withStorage(async (storage) => {
      assertEquals((await run(storage, "add --prompt p --id t1")).stderr, hint);
      const waited = await run(storage, "wait t1 --timeout 0.05");
      assertEquals(waited.stderr.startsWith(hint), true);
      const announced = await announce(storage);
      assertEquals((await run(storage, "add --prompt p --id t2")).stderr, "");
      assertEquals((await run(storage, "wait t1 --timeout 0.05")).stderr.includes(hint), false);
      await announced.withdraw();
      await run(storage, "cancel t1");
      assertEquals((await run(storage, "wait t1")).stderr, "");
    });
  },
);

testOnEachStorage(
  "tasks show tells nothing of the run before once a task was sent back with --fresh",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1" });
      const claimed = (await storage.queue.claim(AbortSignal.timeout(10_000)))!;
      await claimed.start();
      const journal = await storage.journals.open("t1", claimed.record.incarnation);
      const { service_id } = claimed.record;
      await journal.append({ type: "attempt_started", run: 1, attempt: 1, service_id });
      journal.close();
      await claimed.finish(COMPLETED);
      const before = await run(storage, "show t1");
      for (
        const part of ["\nResult\n  42\n", "\nattempt ", "\nfinished ", "attempt 1 by service "]
      ) {
        assertStringIncludes(before.stdout, part);
      }
      await run(storage, "retry t1 --fresh");
      const { stdout } = await run(storage, "show t1");
      const fields = stdout.split("\n").map((line) => line.split(" ", 1)[0]);
      assertEquals(fields, [
        "id",
        "state",
        "title",
        "conversation",
        "created",
        "",
        "Prompt",
        "",
        "",
      ]);
      assertEquals((await run(storage, "show t1 --json")).json().journal, []);
    });
  },
);

testOnEachStorage(
  "a task in JSON tells nothing of how its ending was staged",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "good", COMPLETED);
      assertEquals((await storage.queue.get("good"))?.record.staged?.to, "completed");
      const [listed] = (await run(storage, "list --json")).json();
      const shown = (await run(storage, "show good --json")).json();
      const [waited] = (await run(storage, "wait good --json")).json();
      for (const task of [listed, shown, waited]) {
        assertEquals([task.state, task.result, "staged" in task], ["completed", "42", false]);
      }
    });
  },
);

testOnEachStorage(
  "tasks wait tells completed, failed, cancelled, unknown and too slow apart",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await ended(storage, "good", COMPLETED);
      await ended(storage, "bad", FAILED);
      await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "gone" });
      await storage.queue.cancel("gone");
      await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "slow" });
      const codes = [];
      for (
        const ids of ["good", "gone good", "gone bad", "nope good", "slow good --timeout 0.05"]
      ) {
        codes.push((await run(storage, `wait ${ids} --json`)).code);
      }
      assertEquals(codes, [0, 5, 4, 1, 124]);
      const late = await run(storage, "wait slow --timeout 0.05 --json");
      assertEquals(late.json().map((t: { state: string }) => t.state), ["pending"]);
      assertStringIncludes(late.stderr, "Waited 0.05 s, and these tasks have not ended: slow");
    });
  },
);

testOnEachStorage(
  "tasks wait names the unknown id also where the others did not end in time",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "open" });
      const announced = await announce(storage);
      const { code, stderr } = await run(storage, "wait open nosuchid --timeout 0.05");
      assertEquals([code, stderr], [
        124,
        'error: There is no task "nosuchid"; see tasks list\n' +
        "error: Waited 0.05 s, and these tasks have not ended: open\n",
      ]);
      await announced.withdraw();
    });
  },
);

testOnEachStorage(
  "tasks wait sees a task end, and Ctrl-C ends the wait with 130",
  async (withStorage) => {
    await withStorage(async (storage) => {
      await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1" });
      const waiting = run(storage, "wait t1 --json");
      const claimed = await storage.queue.claim(AbortSignal.timeout(10_000));
      await claimed!.start();
      await claimed!.finish(COMPLETED);
      assertEquals((await waiting).json()[0].result, "42");
      await storage.queue.enqueue({
        conversation_id: "c1",
        prompt: "p",
        id: "t2",
        run_at: "2999-01-01T00:00:00.000Z",
      });
      const interrupt = new AbortController();
      const interrupted = run(storage, "wait t2", interrupt.signal);
      interrupt.abort();
      assertEquals((await interrupted).code, 130);
    });
  },
);

Deno.test("the operator's command loads no model's client and nothing of the chat", async () => {
  const { files, packages } = await moduleGraph("lib/cli/tasks/subcommands.ts");
  const needless = /^lib\/(conversation|cli\/(chat|editor|screen|markdown))\//;
  assertEquals(files.filter((path) => needless.test(path)), []);
  assertEquals(packages.filter(({ name }) => ["openai", "marked"].includes(name)), []);
  assertEquals(files.includes("lib/cli/tasks/add.ts"), true);
});
