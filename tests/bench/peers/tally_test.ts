import { assertEquals, assertRejects } from "@std/assert";
import { Tally } from "./tally.ts";

Deno.test("span() waits for the last of so many ends", async () => {
  const tally = new Tally();
  tally.started("a");
  tally.started("b");
  const span = tally.span(2);
  tally.ended();
  tally.ended();
  const { first_start, last_end } = await span;
  assertEquals(first_start, tally.starts[0]?.at);
  assertEquals(last_end >= first_start, true);
});

Deno.test("span() rejects when a job ran twice, and when one failed", async () => {
  const twice = new Tally();
  for (const id of ["a", "a"]) {
    twice.started(id);
    twice.ended();
  }
  await assertRejects(() => twice.span(1), Error, "of 1 jobs 1 were started twice");
  const failed = new Tally();
  const span = failed.span(1);
  failed.failed("no more room");
  await assertRejects(() => span, Error, "a job failed: no more room");
});
