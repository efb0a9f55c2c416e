/**
 * What journals owe wherever they are kept: run by each engine's test file.
 *
 * Not in it, since only one engine has it: torn lines, what is flushed when, and a disk that fails
 * (files); writers that have lost their lease, and answers that are lost with a connection (Redis).
 * A newer program's journal is each engine's own test: how one gets there is its business.
 */
import { assertEquals } from "@std/assert";
import type { Journals } from "../../../lib/journal/journal.ts";
import { eventually } from "../../support/eventually.ts";
import { type Declare, declareTest, type TestOptions } from "../../support/redis_server.ts";

export const STARTED = { type: "attempt_started", run: 1, attempt: 1, service_id: "s1" } as const;
export const ENDED = { type: "attempt_ended", outcome: "completed" } as const;

/** The journals of one place, as two processes have them. */
export interface JournalsUnderTest {
  readonly one: Journals;
  readonly other: Journals;
  /** From now on this process holds the task. */
  hold(who: "one" | "other", task_id: string): Promise<void>;
}

export type WithJournals = (test: (parts: JournalsUnderTest) => Promise<void>) => Promise<void>;

export const types = (entries: readonly { type: string }[]) => entries.map(({ type }) => type);

/** Declares the tests of the whole contract for one engine. */
export function testJournalContract(
  engine: string,
  withJournals: WithJournals,
  declare: Declare = declareTest,
): void {
  const test = (name: string, body: Parameters<WithJournals>[0], options?: TestOptions) =>
    declare(`${engine}: ${name}`, () => withJournals(body), options);

  test("a journal gives back what was appended, without its header", async ({ one, other, hold }) => {
    await hold("one", "x");
    const first = await one.open("x", "inc-1");
    assertEquals(first.entries, []);
    await Promise.all([first.append(STARTED), first.append(ENDED)]);
    first.close();
    const read = await other.read("x", "inc-1");
    assertEquals(types(read), ["attempt_started", "attempt_ended"]);
    assertEquals(Math.abs(Date.parse(read[0]?.at ?? "") - Date.now()) < 60_000, true);
    assertEquals(await other.read("x"), read);
    assertEquals(await other.read("x", "inc-2"), []);
    assertEquals(await other.read("y"), []);
    await hold("other", "x");
    const second = await other.open("x", "inc-1");
    assertEquals(second.entries, read);
    await second.append(ENDED);
    second.close();
    assertEquals(types(await one.read("x")), ["attempt_started", "attempt_ended", "attempt_ended"]);
  });

  test("another incarnation's journal is replaced", async ({ one, other, hold }) => {
    await hold("one", "x");
    const first = await one.open("x", "inc-1");
    await first.append(STARTED);
    first.close();
    await hold("other", "x");
    const second = await other.open("x", "inc-2");
    assertEquals(second.entries, []);
    await second.append(ENDED);
    second.close();
    assertEquals(types(await one.read("x", "inc-2")), ["attempt_ended"]);
    assertEquals(await one.read("x", "inc-1"), []);
  });

  test("what is appended at once keeps its order", async ({ one, hold }) => {
    await hold("one", "x");
    const journal = await one.open("x", "inc-1");
    const outcomes = Array.from({ length: 50 }, (_, i) => `outcome ${i}`);
    const appended: Promise<void>[] = [];
    for (const outcome of outcomes) {
      appended.push(journal.append({ type: "attempt_ended", outcome }));
      if (appended.length % 7 === 0) await appended.at(-3);
    }
    await Promise.all(appended);
    journal.close();
    assertEquals(
      (await one.read("x")).map((entry) => entry.type === "attempt_ended" && entry.outcome),
      outcomes,
    );
  });

  test("note() is read as soon as it resolves", async ({ one, other, hold }) => {
    await hold("one", "x");
    const journal = await one.open("x", "inc-1");
    await journal.note(STARTED);
    assertEquals(types(await other.read("x")), ["attempt_started"]);
    await journal.append(ENDED);
    journal.close();
    assertEquals(types(await other.read("x")), ["attempt_started", "attempt_ended"]);
  });

  test("a large entry comes back as it was", async ({ one, hold }) => {
    await hold("one", "x");
    const journal = await one.open("x", "inc-1");
    const outcome = "ä\u2028\n{}".repeat(200_000);
    await journal.append({ type: "attempt_ended", outcome });
    journal.close();
    const [entry] = await one.read("x");
    assertEquals(entry?.type === "attempt_ended" && entry.outcome === outcome, true);
  }, { large: true });

  test("watch() tells of the tasks whose journals grow", async ({ one, other, hold }) => {
    const seen = new Set<string | undefined>();
    const watch = one.watch((task_id) => void seen.add(task_id));
    await hold("other", "x");
    const journal = await other.open("x", "inc-1");
    await eventually("a hint", async () => {
      await journal.append(STARTED);
      return seen.has("x") || seen.has(undefined);
    });
    journal.close();
    watch.close();
  });
}
