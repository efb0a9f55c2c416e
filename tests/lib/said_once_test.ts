import { assertEquals } from "@std/assert";
import { EachSaidOnce, SaidOnce } from "../../lib/said_once.ts";

Deno.test("a fault is news once, until it is another one or it is over", () => {
  const fault = new SaidOnce();
  assertEquals(fault.over(), false);
  const full = () => new Error("no memory left");
  const seen = [full(), full(), new Error("it is loading"), "it is loading", full()];
  assertEquals(seen.map((each) => fault.isNews(each)), [true, false, true, false, true]);
  assertEquals([fault.over(), fault.over(), fault.isNews(full())], [true, false, true]);
});

Deno.test("of several each has its own fault", () => {
  const faults = new EachSaidOnce();
  const said = ["a", "b", "a"].map((name) => faults.isNews(name, "it is full"));
  assertEquals(said, [true, true, false]);
  faults.over("a");
  assertEquals(["a", "b"].map((name) => faults.isNews(name, "it is full")), [true, false]);
});
