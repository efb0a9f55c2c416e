/** The wall clock is set back and forward under a running queue, and times are at the edges. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Storage } from "../../lib/open_storage.ts";
import type { ClaimedTask } from "../../lib/queue/task_queue.ts";
import { ModelPause } from "../../lib/service/model_pause.ts";
import { eventually, soon } from "../support/eventually.ts";
import { openTestStorage, TempDir } from "../support/storage_fixture.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SUMMER = Date.UTC(2026, 6, 1);

/** A wall clock that goes on with real time, and can be set. */
class WallClock {
  #offset: number;

  constructor(at: number = SUMMER) {
    this.#offset = at - performance.now();
  }
  readonly now = () => Math.round(performance.now() + this.#offset);
  set(by: number): void {
    this.#offset += by;
  }
  iso(inMs = 0): string {
    return new Date(this.now() + inMs).toISOString();
  }
}

interface Running {
  readonly storage: Storage;
  readonly clock: WallClock;
  /** Claims the next task, and fails where none comes. */
  next(): Promise<ClaimedTask>;
  add(id: string, more?: Record<string, unknown>): Promise<unknown>;
  /** What is not due, by id. */
  waiting(): Promise<string[]>;
}

async function withClock(test: (running: Running) => Promise<void>, at?: number): Promise<void> {
  await using dir = await TempDir.make();
  const clock = new WallClock(at);
  const storage = await openTestStorage(dir.path, { now: clock.now });
  const end = new AbortController();
  const claimed: ClaimedTask[] = [];
  try {
    await test({
      storage,
      clock,
      async next() {
        const task = await soon("a task", storage.queue.claim(end.signal));
        assert(task !== undefined);
        claimed.push(task);
        return task;
      },
      add: (id, more = {}) =>
        storage.queue.enqueue({ id, conversation_id: "c1", prompt: id, ...more }),
      async waiting() {
        const { due } = await storage.queue.outstanding();
        assertEquals(due, 0, "something is due");
        const tasks = await storage.queue.list({ states: ["pending"], limit: 50 });
        return tasks.map(({ record }) => record.id).sort();
      },
    });
  } finally {
    end.abort();
    for (const task of claimed) task.abandon();
    storage.close();
  }
}

const idOf = async (task: Promise<ClaimedTask>) => (await task).record.id;

Deno.test("claim() takes new tasks at once after the clock was set back an hour or forward a day", async () => {
  await withClock(async ({ clock, add, next }) => {
    await add("before");
    assertEquals(await idOf(next()), "before");
    for (const [id, by] of [["back", -HOUR_MS], ["forward", DAY_MS]] as const) {
      const waiting = next();
      clock.set(by);
      await add(id);
      const began = performance.now();
      assertEquals(await idOf(waiting), id);
      assert(performance.now() - began < 15_000, `${id} waited for the clock`);
    }
  });
});

Deno.test("a run_at comes when the wall clock says so, not before: set forward it is due, set back it waits", async () => {
  await withClock(async ({ clock, add, next, waiting }) => {
    await add("tomorrow", { run_at: clock.iso(DAY_MS - 1_000) });
    await add("in-an-hour", { run_at: clock.iso(HOUR_MS) });
    const first = next();
    assertEquals(await waiting(), ["in-an-hour", "tomorrow"]);
    clock.set(-HOUR_MS);
    assertEquals(await waiting(), ["in-an-hour", "tomorrow"]);
    clock.set(2 * HOUR_MS);
    assertEquals(await idOf(first), "in-an-hour");
    const second = next();
    assertEquals(await waiting(), ["tomorrow"]);
    clock.set(DAY_MS);
    assertEquals(await idOf(second), "tomorrow");
  });
});

Deno.test("a run_at in the past is due at once, one at the end of time waits, and no timer overflows", async () => {
  await withClock(async ({ add, next, waiting }) => {
    await add("past", { run_at: "1970-01-01T00:00:00Z" });
    assertEquals(await idOf(next()), "past");
    for (
      const [id, run_at] of [["far", "2999-12-31T23:59:59.999Z"], ["end", "9999-12-31T23:59:59Z"]]
    ) {
      await add(id!, { run_at });
    }
    const now = next();
    assertEquals(await waiting(), ["end", "far"]);
    await add("now");
    assertEquals(await idOf(now), "now");
  });
});

/** Both ways to write the instants around the two changes of 2026 in Oslo, and around New York's. */
const CHANGES = [
  ["the hour that is left out", "2026-03-29T01:59:59.999+01:00", "2026-03-29T03:00:00.000+02:00"],
  ["the hour that comes twice", "2026-10-25T02:59:59.999+02:00", "2026-10-25T02:00:00.000+01:00"],
  ["New York's own", "2026-11-01T01:59:59.999-04:00", "2026-11-01T01:00:00.000-05:00"],
] as const;

Deno.test("a run_at at a change of summer time is one instant, however it is written", async () => {
  await Promise.all(CHANGES.map(async ([what, before, after]) => {
    assertEquals(Date.parse(after) - Date.parse(before), 1, what);
    await withClock(async ({ clock, add, next, waiting }) => {
      const task = next();
      await add("after", { run_at: after });
      await add("before", { run_at: before });
      assertEquals(await waiting(), ["after", "before"], what);
      clock.set(30_000);
      assertEquals([await idOf(task), await idOf(next())].sort(), ["after", "before"], what);
    }, Date.parse(before) - 30_000);
  }));
});

Deno.test("enqueue() refuses a time of day without its zone, and days that there are not", async () => {
  await withClock(async ({ add }) => {
    for (const run_at of ["2026-03-29T02:30:00", "2026-02-30T00:00:00Z", "tomorrow", "23:59:60Z"]) {
      const error = await add("x", { run_at }).then(() => undefined, (error) => error);
      assertMatch(String(error?.message), /^"run_at": expected an RFC 3339 time such as /, run_at);
    }
  });
});

Deno.test("time that a task spent in running/ does not change when the wall clock is set", async () => {
  for (const by of [DAY_MS, -HOUR_MS]) {
    await withClock(async ({ storage, clock, add, next }) => {
      await add("x", { timeout_seconds: 600 });
      const first = await next();
      await first.start();
      clock.set(by);
      const error = { code: "model_unavailable", message: "m" } as const;
      await first.finish({ kind: "retry", retry_at: clock.now(), error, uses_attempt: true });
      const second = await next();
      await second.start();
      await second.finish({ kind: "failed", error: { code: "internal", message: "m" } });
      const task = await storage.queue.get("x");
      const spent = task?.record.duration_ms ?? NaN;
      assert(spent >= 0 && spent < 60_000, `${spent} ms after the clock was set by ${by} ms`);
    });
  }
});

Deno.test("a file that does not parse waits for the clock that was set back, and holds up no other", async () => {
  await withClock(async ({ storage, clock, add, next }) => {
    const task = next();
    Deno.writeTextFileSync(`${storage.layout.state("pending")}/torn.json`, "{");
    await storage.queue.outstanding();
    // It may still be being written: its ten seconds cannot be told by this clock.
    clock.set(-HOUR_MS);
    await add("good");
    assertEquals(await idOf(task), "good");
    void next().catch(() => {});
    await storage.queue.outstanding();
    assertEquals((await storage.queue.get("torn"))?.state, "pending");
    clock.set(HOUR_MS + 12_000);
    await eventually("torn in failed/", async () => {
      await storage.queue.outstanding();
      return (await storage.queue.get("torn"))?.state === "failed";
    });
  }, Date.now());
});

Deno.test("a pause of the model lasts as long as was said when the clock is set back an hour", async () => {
  const clock = new WallClock();
  const pause = new ModelPause(clock.now, () => performance.now());
  pause.extend(clock.now() + 50);
  clock.set(-HOUR_MS);
  await soon("the end of the pause", pause.over(new AbortController().signal), 5);
  pause.extend(clock.now() + 60_000);
  clock.set(DAY_MS);
  // Set forward, it is not over sooner.
  const end = new AbortController();
  let isOver = false;
  const waiting = pause.over(end.signal).then(() => isOver = !end.signal.aborted);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(!isOver);
  end.abort();
  await waiting;
});
