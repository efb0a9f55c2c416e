import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { EditBuffer } from "../../../../lib/cli/editor/edit_buffer.ts";
import { layoutInput, placeBeside, shownAs } from "../../../../lib/cli/editor/layout.ts";
import { graphemesOf } from "../../../../lib/cli/text_width.ts";
import { VirtualScreen } from "../../../support/virtual_screen.ts";
import { typedText } from "./typed_text.ts";

/** A text with the cursor at any of its places. */
const buffer = fc.tuple(typedText, fc.nat()).map(([text, n]): EditBuffer => {
  const places = [0];
  for (const grapheme of graphemesOf(text)) places.push((places.at(-1) ?? 0) + grapheme.length);
  return { text, cursor: places[n % places.length] ?? 0 };
});

const rowsOf = (text: string, columns: number, cursor = text.length) => {
  const { rows, row, column } = layoutInput("> ", { text, cursor }, columns);
  return [rows.map((one) => one.text), row, column];
};

Deno.test("layoutInput() breaks where the screen ends, and lines of the text below the prompt", () => {
  assertEquals(rowsOf("", 10), [["> "], 0, 2]);
  assertEquals(rowsOf("0123456789", 6), [["> 0123", "456789", ""], 2, 0]);
  assertEquals(rowsOf("0123456789", 6, 3), [["> 0123", "456789"], 0, 5]);
  assertEquals(rowsOf("one\ntwo", 10), [["> one", "  two"], 1, 5]);
  assertEquals(rowsOf("12日", 5), [["> 12", "日"], 1, 2]);
});

Deno.test("layoutInput() shows what has no form of its own, and a joined emoji once", () => {
  assertEquals(rowsOf("a\tb", 10), [["> a    b"], 0, 8]);
  assertEquals(rowsOf("\x1b[2J", 10), [["> ^[[2J"], 0, 7]);
  assertEquals(rowsOf("a\u202eb", 10)[0], ["> a�b"]);
  assertEquals(shownAs("👩‍👩‍👧"), "👩‍👩‍👧");
});

Deno.test("layoutInput() has every place of the text once, in order, and none outside", () => {
  fc.assert(fc.property(buffer, fc.integer({ min: 1, max: 30 }), (typed, columns) => {
    const { rows, row, column } = layoutInput("> ", typed, columns);
    const places = rows.flatMap((one) => one.places.map(({ at }) => at));
    assertEquals(places, [...new Set(places)].sort((a, b) => a - b));
    assertEquals(places.at(-1), typed.text.length);
    assert(rows.every(({ width }) => width <= columns));
    const place = rows[row]?.places.find((one) => one.column === column);
    assertEquals(place?.at, typed.cursor);
  }));
});

for (const emoji of ["joined", "parts"] as const) {
  Deno.test(`a terminal that shows emoji ${emoji} breaks no row and has the cursor where it belongs`, async () => {
    await fc.assert(
      fc.asyncProperty(buffer, fc.integer({ min: 8, max: 40 }), async (typed, columns) => {
        const { rows, row, before } = layoutInput("> ", typed, columns);
        const screen = new VirtualScreen({ columns, rows: rows.length + 2, emoji });
        const alone = new VirtualScreen({ columns, rows: 2, emoji });
        await screen.write(rows.map(({ text }) => text).join("\r\n"));
        const up = rows.length - 1 - row;
        await screen.write(`${up > 0 ? `\x1b[${up}A` : ""}\r${before}`);
        await alone.write(before);
        assertEquals(screen.lines().length, linesIn(rows.map(({ text }) => text)));
        assertEquals(screen.cursor(), { row, column: alone.cursor().column });
        screen.dispose();
        alone.dispose();
      }),
      { numRuns: 100 },
    );
  });
}

function linesIn(rows: readonly string[]): number {
  return rows.findLastIndex((text) => text.trim() !== "") + 1;
}

Deno.test("placeBeside() keeps about the column, and there is nothing above the first row", () => {
  const text = "first line\nno\nthird line";
  const at = (cursor: number) => layoutInput("> ", { text, cursor }, 40);
  assertEquals(placeBeside(at(7), -1), undefined);
  assertEquals(placeBeside(at(7), 1), "first line\nno".length);
  assertEquals(placeBeside(at(text.length), -1), "first line\nno".length);
  assertEquals(placeBeside(at(text.length), 1), undefined);
  assertEquals(placeBeside(at("first line\nn".length), -1), 1);
});

Deno.test("of very many lines those around the cursor are laid out, and no more", () => {
  const text = Array.from({ length: 50_000 }, (_, i) => `${i}`).join("\n");
  const cursor = text.indexOf("\n25000\n") + 1;
  const layout = layoutInput("> ", { text, cursor }, 80);
  assertEquals(layout.rows[layout.row]?.text, "  25000");
  assertEquals(layout.rows.length, 1_001);
  assertEquals(layout.rows[0]?.text, "  24500");
  assertEquals(placeBeside(layout, -1), text.indexOf("\n24999\n") + 1);
  assertEquals(layoutInput("> ", { text, cursor: 0 }, 80).rows[0]?.text, "> 0");
  assertEquals(layoutInput("> ", { text, cursor: text.length }, 80).rows.at(-1)?.text, "  49999");
});
