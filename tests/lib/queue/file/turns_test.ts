import { assertEquals } from "@std/assert";
import { Turns } from "../../../../lib/queue/file/turns.ts";
import { systemRuntime } from "../../../../lib/runtime.ts";

Deno.test("Turns is over after its slice, and begins anew with a turn or a wait", async () => {
  let time = 0;
  const sleep = () => {
    time += 5;
    return Promise.resolve();
  };
  const turns = new Turns({ elapsed: () => time, sleep }, 2);
  assertEquals(turns.isOver(), false);
  time += 3;
  assertEquals(turns.isOver(), true);
  await turns.take();
  assertEquals(turns.isOver(), false);
  time += 3;
  turns.begin();
  assertEquals(turns.isOver(), false);
});

Deno.test("Turns lets timers and events in", async () => {
  const turns = new Turns(systemRuntime, 2);
  let fired = false;
  setTimeout(() => fired = true, 1);
  while (!fired) await turns.take();
});
