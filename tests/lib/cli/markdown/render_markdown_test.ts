import { assertEquals } from "@std/assert";
import { renderMarkdown } from "../../../../lib/cli/markdown/render_markdown.ts";
import { paint, textOf } from "../../../../lib/cli/styled_line.ts";

const plain = (source: string, columns = 40) =>
  renderMarkdown(source, { columns, color: true }).map(textOf);
const withoutColor = (source: string) =>
  renderMarkdown(source, { columns: 40, color: false }).map((line) =>
    paint(line, { color: false })
  );

Deno.test("headings, emphasis and code are styles; without colours what matters is said by marks", () => {
  const source = "# Big *news*\n\nIt is **bold**, ~~gone~~ and `code`.";
  assertEquals(plain(source), ["Big news", "", "It is bold, gone and code."]);
  assertEquals(withoutColor(source), ["# Big news", "", "It is bold, ~~gone~~ and `code`."]);
  const [line] = renderMarkdown("a **b _c_**", { columns: 40, color: true });
  assertEquals(line?.map(({ text, styles }) => [text, styles.join(" ")]), [
    ["a ", ""],
    ["b ", "bold"],
    ["c", "bold italic"],
  ]);
});

Deno.test("lists are nested, numbered from where they start, and can be ticked", () => {
  const source =
    "3. three\n4. four\n   - a\n     - b\n\n- [x] done\n- [ ] a long one that is broken here";
  assertEquals(plain(source), [
    "3. three",
    "4. four",
    "   • a",
    "     • b",
    "",
    "• [x] done",
    "• [ ] a long one that is broken here",
  ]);
  assertEquals(plain("- [ ] a long one that is broken", 20), [
    "• [ ] a long one",
    "      that is broken",
  ]);
});

Deno.test("line breaks of the source stay, and words break at the edge", () => {
  assertEquals(plain("Oslo: rain\nBergen: more rain than in Oslo, as ever, says the service"), [
    "Oslo: rain",
    "Bergen: more rain than in Oslo, as ever,",
    "says the service",
  ]);
});

Deno.test("a link shows where it leads, once", () => {
  assertEquals(plain("see [docs](https://a.b/c) or <https://x.y> or https://z.z", 80), [
    "see docs (https://a.b/c) or https://x.y or https://z.z",
  ]);
  assertEquals(plain("![map](https://a.b/m.png)", 80), ["map (https://a.b/m.png)"]);
});

Deno.test("code stays as it is between two rules, in a list too", () => {
  const rule = "─".repeat(40);
  assertEquals(plain("```ts\nif (x) {\n    y(  );\n}\n```"), [
    "── ts " + "─".repeat(34),
    "if (x) {",
    "    y(  );",
    "}",
    rule,
  ]);
  assertEquals(plain("- a:\n  ```\n  b\n  ```").map((line) => line.trimEnd()), [
    "• a:",
    "  " + "─".repeat(38),
    "  b",
    "  " + "─".repeat(38),
  ]);
});

Deno.test("a quote has a bar before each line, a rule is one, HTML is text", () => {
  assertEquals(plain("> one two\n> three", 20), ["│ one two", "│ three"]);
  assertEquals(plain("a\n\n---\n\nb", 10), ["a", "", "──────────", "", "b"]);
  assertEquals(plain("a <b>c</b> &lt;d&gt;"), ["a <b>c</b> <d>"]);
});

const TABLE = "| City | Sky | Degrees |\n|---|:-:|--:|\n| Oslo | rain | 3 |\n| Rome | sun | 21 |";

Deno.test("a table has its columns aligned, in as many columns as there are", () => {
  assertEquals(plain(TABLE), [
    "City │ Sky  │ Degrees",
    "─────┼──────┼────────",
    "Oslo │ rain │       3",
    "Rome │ sun  │      21",
  ]);
});

Deno.test("cells of a table break where it is narrow, and it becomes records where it is too narrow", () => {
  const wide = "| A | B |\n|---|---|\n| one two three four | five six seven eight |";
  assertEquals(plain(wide, 25), [
    "A           │ B",
    "────────────┼────────────",
    "one two     │ five six",
    "three four  │ seven eight",
  ]);
  assertEquals(plain(TABLE, 18), [
    "City: Oslo",
    "Sky: rain",
    "Degrees: 3",
    "",
    "City: Rome",
    "Sky: sun",
    "Degrees: 21",
  ]);
});

Deno.test("a character that the source only describes does not reach the terminal", () => {
  const [line = []] = renderMarkdown("a &#27;[2J b &#x202e; c", { columns: 40, color: false });
  assertEquals(paint(line, { color: false }), "a  b  c");
});

Deno.test("what nests deeper than anybody writes is text", () => {
  assertEquals(plain(">".repeat(3_000), 80).length > 0, true);
});
