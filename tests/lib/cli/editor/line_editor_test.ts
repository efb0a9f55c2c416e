import { assertEquals } from "@std/assert";
import type { Completer } from "../../../../lib/cli/editor/completion.ts";
import { InputHistory } from "../../../../lib/cli/editor/input_history.ts";
import { KeyDecoder } from "../../../../lib/cli/editor/key_decoder.ts";
import { LineEditor, MAX_INPUT } from "../../../../lib/cli/editor/line_editor.ts";
import { MAX_PROMPT_LENGTH } from "../../../../lib/task/record.ts";

interface Typing {
  /** Types keys; gives what they meant beyond the line. */
  readonly type: (keys: string) => string[];
  /** The text with a bar where the cursor is. */
  readonly line: () => string;
  readonly editor: LineEditor;
  /** Resolves at the next change without a key. */
  readonly changed: () => Promise<void>;
}

function typing(history: readonly string[], completer?: Completer): Typing {
  let resolve = () => {};
  const editor = new LineEditor({
    prompt: "> ",
    history: new InputHistory(history),
    columns: () => 20,
    onChange: () => resolve(),
    ...(completer === undefined ? {} : { completer }),
  });
  return {
    editor,
    changed: () => new Promise((done) => resolve = done),
    line: () => {
      const { text, cursor } = editor.buffer;
      return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
    },
    type: (keys) => {
      const decoder = new KeyDecoder();
      return [...decoder.push(keys), ...decoder.flush()].flatMap((key) => {
        const action = editor.handle(key);
        if (action === undefined) return [];
        return [action.kind === "send" ? `send ${action.text}` : action.kind];
      });
    },
  };
}

const UP = "\x1b[A";
const DOWN = "\x1b[B";

Deno.test("Enter sends; Alt-Enter, Ctrl-J and a backslash at the end begin a line", () => {
  const { type, line } = typing([]);
  assertEquals(type("one\x1b\rtwo\nthree\\\rfour"), []);
  assertEquals(line(), "one\ntwo\nthree\nfour|");
  assertEquals(type("\r"), ["send one\ntwo\nthree\nfour"]);
  assertEquals(line(), "|");
  assertEquals(type("two \\\\\r"), ["send two \\\\"]);
});

Deno.test("a paste never sends, and its line ends are line ends", () => {
  const { type, line } = typing([]);
  assertEquals(type("\x1b[200~a\r\nb\rc\n\x1b[201~"), []);
  assertEquals(line(), "a\nb\nc\n|");
});

Deno.test("words and lines are deleted and brought back, and changes undone", () => {
  const { type, line } = typing([]);
  type("one two three\x17");
  assertEquals(line(), "one two |");
  type("\x01\x0b");
  assertEquals(line(), "|");
  type("\x19\x19");
  assertEquals(line(), "one two one two |");
  type("\x1f");
  assertEquals(line(), "one two |");
  type("\x1b\x7f\x1f");
  assertEquals(line(), "one two |");
});

Deno.test("up and down go between rows first, then through what was sent, and back to what is typed", () => {
  const { type, line } = typing(["first", "second"]);
  type("new\nlines");
  type(UP);
  assertEquals(line(), "new|\nlines");
  type(UP);
  assertEquals(line(), "second|");
  type(`${UP}X`);
  assertEquals(line(), "firstX|");
  type(`${DOWN}${DOWN}${DOWN}`);
  assertEquals(line(), "new\nlines|");
  type(`${UP}${UP}${UP}`);
  assertEquals(line(), "firstX|");
  assertEquals(type("\r"), ["send firstX"]);
  type(UP);
  assertEquals(line(), "firstX|");
  type(`${UP}${UP}`);
  assertEquals(line(), "first|");
});

Deno.test("a long line is gone through by the rows it takes on the screen", () => {
  const { type, line } = typing([]);
  type("0123456789 0123456789 0123456789");
  type(UP);
  assertEquals(line(), "0123456789 0|123456789 0123456789");
});

Deno.test("Ctrl-R finds earlier messages by their words; Esc forgets it, Enter sends it", () => {
  const { type, line, editor } = typing(["weather in Oslo", "sum", "weather in Rome"]);
  type("half\x12wea");
  assertEquals(line(), "|weather in Rome");
  type("\x12");
  assertEquals(line(), "|weather in Oslo");
  assertEquals(editor.layout().rows[0]?.text, "earlier message with");
  type("\x1b");
  assertEquals(line(), "half|");
  assertEquals(type("\x12oslo\r"), ["send weather in Oslo"]);
});

Deno.test("Ctrl-D leaves on an empty line only, Ctrl-C and Esc are handed on", () => {
  const { type, line } = typing([]);
  assertEquals(type("ab\x01\x04"), []);
  assertEquals(line(), "|b");
  assertEquals(type("\x03\x0c\x1b"), ["interrupt", "clear", "escape"]);
  assertEquals([type("\x04"), type("\x04")], [[], ["end"]]);
});

Deno.test("Tab completes what is clear, lists what is not, and goes through the list", async () => {
  const candidates = [{ text: "/tasks" }, { text: "/task" }];
  const { type, line, editor, changed } = typing(
    [],
    ({ text }) =>
      Promise.resolve({
        from: 0,
        candidates: candidates.filter((one) => one.text.startsWith(text)),
      }),
  );
  type("/t");
  let done = changed();
  type("\t");
  await done;
  assertEquals([line(), editor.completion?.candidates.length], ["/task|", 2]);
  type("\t");
  assertEquals([line(), editor.completion?.chosen], ["/tasks|", 0]);
  type("\t");
  assertEquals(line(), "/task|");
  type("\x1b[Z");
  assertEquals(line(), "/tasks|");
  done = changed();
  type("\x7f");
  assertEquals([line(), editor.completion], ["/task|", undefined]);
  type("s\t");
  await done;
  assertEquals(line(), "/tasks |");
});

Deno.test("what is longer than a message may be is cut off, which is said once until it fits again", () => {
  const { type, editor } = typing([]);
  assertEquals(type(`ab\x1b[200~${"x\n".repeat(500_000)}\x1b[201~`), ["cut"]);
  assertEquals(editor.buffer.text.length, MAX_INPUT);
  assertEquals(type("yz"), []);
  assertEquals(editor.buffer.text.length, MAX_INPUT);
  assertEquals(type("\x7f"), []);
  assertEquals(type("y"), []);
  assertEquals(
    editor.handle({ name: "text", text: "z" }),
    {
      kind: "cut",
      notice: "A message can be at most 100,000 characters long: what came beyond was cut off.",
    },
  );
});

Deno.test("a character that fits by half only is cut off whole", () => {
  const { type, editor } = typing([]);
  type(`\x1b[200~${"x".repeat(MAX_INPUT - 1)}👍\x1b[201~`);
  assertEquals(editor.buffer.text, "x".repeat(MAX_INPUT - 1));
});

Deno.test("what can be typed is as long as a task's prompt may be", () => {
  assertEquals(MAX_INPUT, MAX_PROMPT_LENGTH);
});
