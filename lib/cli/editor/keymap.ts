/** What the keys do while a message is typed, as data. */
import {
  blankLeft,
  end,
  left,
  lineEnd,
  lineStart,
  right,
  start,
  type Target,
  wordLeft,
  wordRight,
} from "./edit_buffer.ts";

export type Edit =
  | { readonly kind: "move"; readonly target: Target }
  /** Takes out up to the target. */
  | { readonly kind: "erase"; readonly target: Target }
  /** The same, and Ctrl-Y brings it back. */
  | { readonly kind: "kill"; readonly target: Target };

// At a line's end the line's break goes.
const killToEnd: Target = (buffer) => {
  const to = lineEnd(buffer);
  return to === buffer.cursor ? right(buffer) : to;
};

const TARGETS: Readonly<Record<Edit["kind"], readonly [Target, ...string[]][]>> = {
  move: [
    [left, "left", "ctrl-b"],
    [right, "right", "ctrl-f"],
    [wordLeft, "alt-b", "ctrl-left", "alt-left"],
    [wordRight, "alt-f", "ctrl-right", "alt-right"],
    [lineStart, "home", "ctrl-a"],
    [lineEnd, "end", "ctrl-e"],
    [start, "ctrl-home", "alt-<"],
    [end, "ctrl-end", "alt->"],
  ],
  erase: [
    [left, "backspace", "shift-backspace", "ctrl-h"],
    [right, "delete", "ctrl-d"],
  ],
  kill: [
    [killToEnd, "ctrl-k"],
    [lineStart, "ctrl-u"],
    [blankLeft, "ctrl-w"],
    [wordLeft, "alt-backspace", "ctrl-alt-h", "ctrl-backspace"],
    [wordRight, "alt-d", "ctrl-delete", "alt-delete"],
  ],
};

/** By the key's name; see `keyName`. */
export const EDITS: ReadonlyMap<string, Edit> = new Map(
  (["move", "erase", "kill"] as const).flatMap((kind) =>
    TARGETS[kind].flatMap(([target, ...names]) =>
      names.map((name): [string, Edit] => [name, { kind, target }])
    )
  ),
);

/** Keys that break the line instead of sending it. */
export const NEWLINE_KEYS: ReadonlySet<string> = new Set([
  "alt-enter",
  "shift-enter",
  "ctrl-enter",
  "ctrl-j",
  "ctrl-alt-j",
]);

/** The keys as /help and the README list them. */
export const KEY_HELP: readonly (readonly [keys: string, help: string])[] = [
  ["Enter", "Send; while an answer comes it waits its turn"],
  ["Alt-Enter, Ctrl-J, \\ Enter", "A new line"],
  ["Up, Down", "Between lines, then through earlier messages"],
  ["Ctrl-R", "Search earlier messages"],
  ["Tab", "Complete a command or a task's id"],
  ["Ctrl-A, Ctrl-E", "Beginning and end of the line"],
  ["Alt-B, Alt-F", "A word back, a word on"],
  ["Ctrl-W, Ctrl-U, Ctrl-K", "Delete a word, to the line's beginning, to its end"],
  ["Ctrl-Y, Ctrl-_", "Bring back what was deleted, undo"],
  ["Ctrl-L", "Clear the screen"],
  ["Esc, Ctrl-C", "Stop an answer; Ctrl-C at the prompt leaves"],
  ["Ctrl-D", "Leave, on an empty line"],
];
