import { sanitizeLine } from "../sanitize.ts";
import { graphemesOf } from "../text_width.ts";
import { type EditBuffer, insert } from "./edit_buffer.ts";
import type { Found, InputHistory } from "./input_history.ts";
import { type Key, keyName } from "./key.ts";

/** Ctrl-R: looks for an earlier message while its words are typed. */
export class HistorySearch {
  #query = "";
  #found: Found | undefined;
  #failed = false;

  /** @param original what stands in the line while nothing is found */
  constructor(private readonly history: InputHistory, private readonly original: EditBuffer) {}

  get prompt(): string {
    const query = sanitizeLine(this.#query);
    return `${this.#failed ? "nothing earlier with" : "earlier message with"} "${query}": `;
  }

  /** The message found, the cursor on the words that were looked for. */
  get buffer(): EditBuffer {
    if (this.#found === undefined) return this.original;
    const { entry } = this.#found;
    const cursor = Math.max(0, entry.toLowerCase().indexOf(this.#query.toLowerCase()));
    return { text: entry, cursor: placeAt(entry, cursor) };
  }

  handle(key: Key): "go_on" | "cancelled" | "done" {
    if (key.text !== undefined) {
      this.#query += key.text;
      this.#look();
      return "go_on";
    }
    switch (keyName(key)) {
      case "ctrl-r":
        this.#look(this.#found?.at);
        return "go_on";
      case "backspace":
        this.#query = graphemesOf(this.#query).slice(0, -1).join("");
        this.#look();
        return "go_on";
      case "ctrl-c":
      case "ctrl-g":
      case "escape":
        return "cancelled";
      default:
        return "done";
    }
  }

  #look(before?: number): void {
    if (this.#query === "") return;
    const found = this.history.find(this.#query, before);
    this.#failed = found === undefined;
    this.#found = found ?? this.#found;
  }
}

// Lower case may have another length than what was typed, and a match begin inside a grapheme.
function placeAt(text: string, at: number): number {
  return insert({ text, cursor: at }, "").cursor;
}
