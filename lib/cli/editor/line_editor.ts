/** From keys to messages: what is being typed, without a terminal. */
import { complete, type Completer, cycle, type OpenCompletion } from "./completion.ts";
import { bufferOf, type EditBuffer, EMPTY, insert, move, remove } from "./edit_buffer.ts";
import { HistorySearch } from "./history_search.ts";
import type { InputHistory } from "./input_history.ts";
import { isContinued } from "./is_continued.ts";
import { type Key, keyName } from "./key.ts";
import { EDITS, NEWLINE_KEYS } from "./keymap.ts";
import { type InputLayout, layoutInput, placeBeside } from "./layout.ts";

/** What a key meant beyond the line itself. */
export type EditorAction =
  | { readonly kind: "send"; readonly text: string }
  /** Ctrl-C. */
  | { readonly kind: "interrupt" }
  /** Ctrl-D on an empty line. */
  | { readonly kind: "end" }
  /** Esc with nothing of the editor's own to close. */
  | { readonly kind: "escape" }
  /** Ctrl-L. */
  | { readonly kind: "clear" }
  /** Something that was typed or pasted did not fit; said once until something fits again. */
  | { readonly kind: "cut"; readonly notice: string };

export interface LineEditorOptions {
  readonly prompt: string;
  readonly history: InputHistory;
  /** Columns of the screen now. */
  readonly columns: () => number;
  readonly completer?: Completer;
  /** Called when something has changed without a key. */
  readonly onChange: () => void;
}

/** Nothing longer can be typed, in UTF-16 units: a task's prompt may have no more either. */
export const MAX_INPUT = 100_000;
const CUT = `A message can be at most ${MAX_INPUT.toLocaleString("en")} characters long: ` +
  "what came beyond was cut off.";

/** Buffers that undo goes back through. */
const MAX_UNDO = 200;

export class LineEditor {
  #buffer: EditBuffer = EMPTY;
  #killed = "";
  #undo: EditBuffer[] = [];
  #typing = false;
  /** Whether it has been said that no more fits. */
  #full = false;
  #open: OpenCompletion | undefined;
  #search: HistorySearch | undefined;

  constructor(private readonly options: LineEditorOptions) {}

  get buffer(): EditBuffer {
    return this.#search?.buffer ?? this.#buffer;
  }

  /** The candidates to be shown below the line. */
  get completion(): OpenCompletion | undefined {
    return this.#open;
  }

  layout(): InputLayout {
    const { prompt, columns } = this.options;
    return layoutInput(this.#search?.prompt ?? prompt, this.buffer, columns());
  }

  /** Replaces what is being typed. */
  set(text: string): void {
    this.#search = undefined;
    this.#change(bufferOf(text));
  }

  handle(key: Key): EditorAction | undefined {
    if (this.#search !== undefined && this.#searched(key)) return undefined;
    const name = keyName(key);
    if (this.#open !== undefined && this.#choose(name)) return undefined;
    if (key.text !== undefined) return this.#typed(key.text, key.pasted ?? false);
    if (name === "ctrl-d" && this.#buffer.text === "") return { kind: "end" };
    const edit = EDITS.get(name);
    if (edit !== undefined) return this.#edit(edit);
    if (NEWLINE_KEYS.has(name)) return this.#typed("\n", true);
    return this.#special(name);
  }

  #special(name: string): EditorAction | undefined {
    switch (name) {
      case "enter":
        return this.#enter();
      case "up":
      case "down":
        return this.#vertical(name === "up" ? -1 : 1);
      case "ctrl-p":
      case "page-up":
        return this.#recall(-1);
      case "ctrl-n":
      case "page-down":
        return this.#recall(1);
      case "ctrl-y":
        return this.#typed(this.#killed, true);
      case "ctrl-\x7f":
        return this.#undone();
      case "ctrl-r":
        this.#search = new HistorySearch(this.options.history, this.#buffer);
        return undefined;
      case "tab":
        this.#complete();
        return undefined;
      case "ctrl-c":
        return { kind: "interrupt" };
      case "escape":
        return { kind: "escape" };
      case "ctrl-l":
        return { kind: "clear" };
      default:
        return undefined;
    }
  }

  #typed(text: string, whole: boolean): EditorAction | undefined {
    const clean = text.replace(/\r\n?/g, "\n");
    const room = Math.max(0, MAX_INPUT - this.#buffer.text.length);
    const fits = clean.length <= room;
    const typed = fits ? clean : clean.slice(0, room).replace(/[\ud800-\udbff]$/, "");
    if (typed !== "") this.#change(insert(this.#buffer, typed), !whole);
    const wasFull = this.#full;
    this.#full = !fits;
    return fits || wasFull ? undefined : { kind: "cut", notice: CUT };
  }

  #edit(edit: NonNullable<ReturnType<typeof EDITS.get>>): undefined {
    if (edit.kind === "move") {
      this.#buffer = move(this.#buffer, edit.target);
      this.#typing = false;
      return;
    }
    const { rest, killed } = remove(this.#buffer, edit.target);
    if (killed === "") return;
    if (edit.kind === "kill") this.#killed = killed;
    this.#change(rest);
  }

  #enter(): EditorAction | undefined {
    const { text, cursor } = this.#buffer;
    if (cursor === text.length && isContinued(text)) {
      this.#change(bufferOf(text.slice(0, -1) + "\n"));
      return undefined;
    }
    this.#buffer = EMPTY;
    this.#undo = [];
    this.options.history.add(text);
    return { kind: "send", text };
  }

  #vertical(direction: -1 | 1): undefined {
    const place = placeBeside(this.layout(), direction);
    if (place === undefined) return this.#recall(direction);
    this.#buffer = move(this.#buffer, () => place);
  }

  #recall(direction: -1 | 1): undefined {
    const entry = this.options.history.step(direction, this.#buffer.text);
    if (entry !== undefined) this.#change(bufferOf(entry));
  }

  #undone(): undefined {
    this.#buffer = this.#undo.pop() ?? this.#buffer;
    this.#typing = false;
  }

  #change(buffer: EditBuffer, typing = false): void {
    // What is typed in one go is undone in one go.
    if (!(typing && this.#typing)) {
      this.#undo.push(this.#buffer);
      if (this.#undo.length > MAX_UNDO) this.#undo.shift();
    }
    this.#typing = typing;
    this.#buffer = buffer;
  }

  #complete(): void {
    const asked = this.#buffer;
    void this.options.completer?.(asked).then((completion) => {
      if (completion === undefined || this.#buffer !== asked) return;
      const { buffer, open } = complete(asked, completion);
      if (buffer !== asked) this.#change(buffer);
      this.#open = open;
      this.options.onChange();
    }, () => {});
  }

  /** Whether the key was for the open list; any other one closes it. */
  #choose(name: string): boolean {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || name === "escape") return true;
    if (name !== "tab" && name !== "shift-tab") return false;
    const next = cycle(this.#buffer, open, name === "tab" ? 1 : -1);
    this.#buffer = next.buffer;
    this.#open = next.open;
    return true;
  }

  /** Whether the key was for the search; any other one takes what was found into the line. */
  #searched(key: Key): boolean {
    const search = this.#search;
    const answer = search?.handle(key);
    if (search === undefined || answer === "go_on") return true;
    this.#search = undefined;
    if (answer === "cancelled") return true;
    this.#change(search.buffer);
    return false;
  }
}
