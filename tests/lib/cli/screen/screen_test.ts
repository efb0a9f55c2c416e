import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bufferOf } from "../../../../lib/cli/editor/edit_buffer.ts";
import { layoutInput } from "../../../../lib/cli/editor/layout.ts";
import { composeRegion, type RegionParts } from "../../../../lib/cli/screen/compose_region.ts";
import { Screen } from "../../../../lib/cli/screen/screen.ts";
import { plainLine } from "../../../../lib/cli/styled_line.ts";
import type { Terminal } from "../../../../lib/cli/terminal.ts";
import { VirtualScreen, type VirtualScreenOptions } from "../../../support/virtual_screen.ts";
import { lineText, typedText } from "../editor/typed_text.ts";

/** A terminal whose screen can be looked at. */
class ShownTerminal implements Terminal {
  readonly color = true;
  readonly screen: VirtualScreen;
  #written = Promise.resolve();

  constructor(
    public columns: number,
    public rows: number,
    options: Pick<VirtualScreenOptions, "emoji" | "rewraps"> = {},
  ) {
    this.screen = new VirtualScreen({ columns, rows, ...options });
  }

  out(text: string): void {
    // As the line discipline of a terminal has it.
    const bytes = text.replaceAll("\n", "\r\n");
    this.#written = this.#written.then(() => this.screen.write(bytes));
  }

  raw(bytes: Uint8Array): void {
    this.out(new TextDecoder().decode(bytes));
  }

  err(text: string): void {
    this.out(text);
  }

  async lines(): Promise<string[]> {
    await this.#written;
    return this.screen.lines();
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#written;
    await this.screen.resize(columns, rows);
    this.columns = columns;
    this.rows = rows;
  }
}

const NOTHING = { lines: undefined, status: undefined, queued: [], completion: undefined };

function region(terminal: ShownTerminal, typed: string, parts: Partial<RegionParts> = {}) {
  const input = layoutInput("> ", bufferOf(typed), terminal.columns);
  return composeRegion({ ...NOTHING, prompt: "> ", input, ...parts }, terminal);
}

Deno.test("what is printed stands above what is typed, whatever was drawn before", async () => {
  const shown = fc.record({
    typed: typedText,
    answer: fc.array(lineText, { maxLength: 4 }),
    status: fc.option(fc.constant("thinking…"), { nil: undefined }),
    print: fc.boolean(),
  });
  const columns = fc.integer({ min: 12, max: 40 });
  const emoji = fc.constantFrom("joined" as const, "parts" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(shown, { maxLength: 12 }),
      columns,
      emoji,
      async (steps, width, of) => {
        const terminal = new ShownTerminal(width, 16, { emoji: of });
        const screen = new Screen(terminal);
        const printed: string[] = [];
        for (const { typed, answer, status, print } of steps) {
          const lines = answer.map((text) => plainLine(text));
          const drawn = region(terminal, typed, { lines, status });
          if (print) {
            const line = `line ${printed.length}`;
            printed.push(line);
            screen.print(line, drawn);
          } else screen.draw(drawn);
        }
        screen.erase();
        assertEquals(await terminal.lines(), printed);
        terminal.screen.dispose();
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("after a resize nothing is left of what was drawn, and nothing else is gone", async () => {
  // Of a width that no two terminals dispute.
  const piece = fc.constantFrom("word ", "a", "日本語", "👩‍👩‍👧", "e\u0301", "🇳🇴", "  ");
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const step = fc.tuple(fc.integer({ min: 12, max: 80 }), text);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const terminal = new ShownTerminal(80, 30);
      const screen = new Screen(terminal);
      screen.print("printed", region(terminal, ""));
      for (const [columns, typed] of steps) {
        // What stands above the cursor is broken anew by the terminal, the cursor's row is not.
        screen.draw(region(terminal, `${typed}\n${typed}\n`, { status: "thinking…" }));
        await terminal.resize(columns, 30);
        screen.resized(region(terminal, "x"), false);
        assertEquals(await terminal.lines(), ["printed", "> x"]);
      }
      terminal.screen.dispose();
    }),
    { numRuns: 40 },
  );
});

for (const rewraps of [true, false]) {
  const how = rewraps ? "breaks" : "leaves";
  Deno.test(`after a resize that ${how} the cursor's row nothing is left of it either`, async () => {
    const columns = fc.integer({ min: 12, max: 80 });
    await fc.assert(
      fc.asyncProperty(columns, fc.integer({ min: 0, max: 77 }), async (width, length) => {
        const terminal = new ShownTerminal(80, 30, { rewraps });
        const screen = new Screen(terminal);
        screen.print("printed", region(terminal, `two\n${"x".repeat(length)}`));
        await terminal.resize(width, 30);
        const { column } = terminal.screen.cursor();
        screen.resized(region(terminal, "x"), screen.rewrappedColumn === column);
        const [first, ...rest] = await terminal.lines();
        assertEquals([first, rest.at(-1)], ["printed", "> x"]);
        // Where it cannot be told, some of the old rows stays: nothing else is ever taken away.
        const last = (length + 2) % width;
        const isDoubtful = rewraps && length + 2 >= width && (last === 0 || last === width - 1);
        if (!isDoubtful) assertEquals(rest.length, 1);
        terminal.screen.dispose();
      }),
      { numRuns: 100 },
    );
  });
}

Deno.test("what is higher than the screen is shown as far as it fits, the cursor always", async () => {
  const terminal = new ShownTerminal(20, 8);
  const screen = new Screen(terminal);
  const lines = Array.from({ length: 50 }, (_, i) => plainLine(`answer ${i}`));
  screen.print("printed", region(terminal, ""));
  screen.draw(region(terminal, "one\ntwo", { lines }));
  assertEquals((await terminal.lines()).slice(-4), ["answer 48", "answer 49", "> one", "  two"]);
  const typed = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
  screen.draw(region(terminal, typed, { lines, status: "thinking…" }));
  assertEquals((await terminal.lines()).slice(-3), ["  line 27", "  line 28", "  line 29"]);
  screen.draw(region(terminal, "x"));
  assertEquals(await terminal.lines(), ["printed", "> x"]);
  terminal.screen.dispose();
});

Deno.test("candidates stand below the line, what waits above it", async () => {
  const terminal = new ShownTerminal(30, 12);
  const screen = new Screen(terminal);
  const candidates = [{ text: "ZDFHA5", label: "ZDFHA5  running  Weather" }, { text: "Q" }];
  screen.draw(region(terminal, "/task ", {
    queued: ["and then this\nin two lines"],
    completion: { from: 6, candidates, chosen: 1 },
  }));
  assertEquals(await terminal.lines(), [
    "waits: and then this in two l…",
    "> /task",
    "  ZDFHA5  running  Weather",
    "→ Q",
  ]);
  assertEquals(terminal.screen.cursor(), { row: 1, column: 8 });
  terminal.screen.dispose();
});
