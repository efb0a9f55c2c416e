import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  idBegins,
  idFits,
  isId,
  newId,
  newIdAt,
  timeOfId,
  ulidBound,
} from "../../../lib/task/id.ts";

Deno.test("isId() takes what is safe in a path and nothing else", () => {
  for (const id of ["a", "0", "oslo-1", "A_b-C", "x".repeat(64)]) assert(isId(id), id);
  const wrong = ["", "-a", "_a", ".", "..", "a/b", "a.b", "a b", "a\n", "ä", "x".repeat(65), 7];
  for (const id of wrong) assertEquals(isId(id), false, String(id));
});

Deno.test("idFits() knows an id by its beginning or end, whatever the case, and by no middle", () => {
  const fits = (typed: string) => [idBegins("01Jx-ABCD", typed), idFits("01Jx-ABCD", typed)];
  assertEquals(fits("01jX"), [true, true]);
  assertEquals(fits("abcd"), [false, true]);
  assertEquals(fits("x-AB"), [false, false]);
  assertEquals(fits("01Jx-ABCDE"), [false, false]);
});

Deno.test("newId() makes ids that sort in the order in which they were made", () => {
  const ids = Array.from({ length: 500 }, () => newId());
  assertEquals([...ids].sort(), ids);
  assertEquals(new Set(ids).size, 500);
  assert(ids.every(isId));
});

Deno.test("newId() goes on upwards when the clock was set back", () => {
  const before = newId(Date.now() + 60_000);
  assert(newId(Date.now()) > before);
});

Deno.test("timeOfId() gives the time of a ULID and of nothing else", () => {
  // The example of the specification: https://github.com/ulid/spec
  assertEquals(timeOfId("01ARZ3NDEKTSV4RRFFQ69G5FAV"), 1_469_922_850_259);
  for (const id of ["oslo-1", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", ""]) {
    assertEquals(timeOfId(id), undefined, id);
  }
});

Deno.test("timeOfId() never throws, whatever it is given", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const time = timeOfId(text);
    return time === undefined || Number.isInteger(time);
  }));
});

Deno.test("newIdAt() makes an id of the time that is asked for, where a ULID can hold it", () => {
  for (const time of [1, 1_469_922_850_259, 2 ** 48 - 1]) {
    assertEquals(timeOfId(newIdAt(time) ?? ""), time);
  }
  for (const time of [-1, 0, 2 ** 48, NaN, 0.5]) assertEquals(newIdAt(time), undefined);
});

Deno.test("ulidBound() parts ids made earlier from those made at a time or later", () => {
  const times = fc.integer({ min: 1, max: 2 ** 48 - 1 });
  fc.assert(fc.property(times, times, (made, time) => {
    return (newIdAt(made) ?? "") >= ulidBound(time) === made >= time;
  }));
  assert(ulidBound(-5) <= (newIdAt(1) ?? ""));
  assert(ulidBound(Infinity) > (newIdAt(Date.now()) ?? ""));
});
