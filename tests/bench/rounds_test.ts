import { assertEquals } from "@std/assert";
import { measureInRounds } from "./rounds.ts";

Deno.test("measureInRounds() warms up, then goes forwards and backwards in turn", async () => {
  const order: string[] = [];
  let pauses = 0;
  const measure = (name: string) => () => Promise.resolve(order.push(name));
  const values = await measureInRounds(
    {
      root: "",
      rounds: 2,
      scale: 1,
      progress: () => {},
      betweenRounds: () => pauses++,
    },
    "letters",
    { a: measure("a"), b: measure("b") },
  );
  assertEquals(order, ["a", "b", "b", "a", "a", "b"]);
  assertEquals(values, { a: [4, 5], b: [3, 6] });
  assertEquals(pauses, 3);
});
