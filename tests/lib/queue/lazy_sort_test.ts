import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LazySort } from "../../../lib/queue/lazy_sort.ts";

const ascending = (a: number, b: number) => a < b;

function* all<T>(sorted: LazySort<T>): Generator<T> {
  for (let next = sorted.next(); next !== undefined; next = sorted.next()) yield next;
}

Deno.test("LazySort gives what sorting gives, doubles too", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -20, max: 20 })), (numbers) => {
    const wanted = [...numbers].sort((a, b) => a - b);
    assertEquals([...all(new LazySort(numbers, ascending))], wanted);
  }));
  const empty = new LazySort<number>([], ascending);
  assertEquals([empty.next(), empty.next()], [undefined, undefined]);
});

for (
  const [order, make] of [
    ["ascending", (i: number) => i],
    ["descending", (i: number) => -i],
    ["mixed", (i: number) => (i * 7_919) % 20_011],
  ] as const
) {
  Deno.test(`LazySort finds the first of ${order} items without comparing all with all`, () => {
    const count = 20_000;
    let compared = 0;
    const sorted = new LazySort(Array.from({ length: count }, (_, i) => make(i)), (a, b) => {
      compared++;
      return a < b;
    });
    const first = Array.from({ length: 50 }, () => sorted.next());
    const wanted = Array.from({ length: count }, (_, i) => make(i)).sort((a, b) => a - b);
    assertEquals(first, wanted.slice(0, 50));
    assert(compared < 5 * count, `${compared} comparisons`);
    assertEquals([...all(sorted)], wanted.slice(50));
    assert(compared < 40 * count, `${compared} comparisons`);
  });
}
