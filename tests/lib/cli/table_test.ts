import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Column, renderColumns } from "../../../lib/cli/table.ts";
import { widthOf } from "../../../lib/cli/text_width.ts";

interface Row {
  readonly id: string;
  readonly count: string;
  readonly note: string;
  readonly title: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: "ID", cell: ({ id }) => id },
  {
    head: "COUNT",
    cell: ({ count }) => count,
    narrow: ({ count }) => count[0] ?? "",
    align: "right",
  },
  { head: "NOTE", cell: ({ note }) => note, rank: 2, optional: true },
  { head: "TITLE", cell: ({ title }) => title, min: 12 },
];

function lines(rows: readonly Row[], columns: number | undefined): string[] {
  const text = renderColumns(rows, COLUMNS, { color: false, columns });
  return text.normalize().trimEnd().split("\n");
}

const ROWS: Row[] = [
  { id: "a", count: "12", note: "", title: "天気 in Oslo" },
  { id: "bcd", count: "3", note: "👩‍👩‍👧 said so", title: "e\u0301te\u0301 ".repeat(8) },
];

Deno.test("a table is aligned by what a terminal shows and no wider than it", () => {
  assertEquals(lines(ROWS, 62), [
    "ID   COUNT  NOTE        TITLE",
    "a       12  –           天気 in Oslo",
    "bcd      3  👩‍👩‍👧 said so  été été été été été été été été",
  ]);
});

Deno.test("what is too wide is cut down to its least width, then columns go", () => {
  const wide = lines(ROWS, 60).map(widthOf);
  assert(wide.every((width) => width < 60), String(wide));
  assertEquals(lines(ROWS, 40), [
    "ID      NOTE        TITLE",
    "a    1  –           天気 in Oslo",
    "bcd  3  👩‍👩‍👧 said so  été été été été ét…",
  ]);
  assertEquals(lines(ROWS, 30), [
    "ID      TITLE",
    "a    1  天気 in Oslo",
    "bcd  3  été été été été été …",
  ]);
});

Deno.test("a column in which no row says anything is left out at a terminal, and there in a pipe", () => {
  const [first] = ROWS;
  assertEquals(lines([first!], 80)[0], "ID  COUNT  TITLE");
  assertEquals(lines([first!], undefined), [
    "ID  COUNT  NOTE  TITLE",
    "a      12  –     天気 in Oslo",
  ]);
});

Deno.test("no line of a table is ever wider than the terminal or ill-formed, whatever is in it", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 })
    .map((value) => value.replace(/\p{C}|\s/gu, "x"));
  const row = fc.record({
    id: fc.constant("01ABCD"),
    count: fc.constant("7"),
    note: text,
    title: text,
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 24, max: 200 }), (
      rows,
      columns,
    ) => {
      for (const line of lines(rows, columns)) {
        assert(widthOf(line) < columns, `${widthOf(line)} of ${columns}: ${line}`);
        assert(line.isWellFormed());
      }
    }),
  );
});
