/**
 * What a terminal sends, as keys. Pure.
 *
 * Our own, because Deno's port of node:readline's `emitKeypressEvents` (2.9.6) knows no bracketed
 * paste and lets the ends of sequences it does not know through as typed text.
 */
import type { Key } from "./key.ts";

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

// CSI with its parameters, SS3, or ESC and one character.
// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b(?:\[([0-9:;<=>?]*)[ -/]*([@-~])|O([0-9;]*)([A-Za-z])|([^[O\x1b]))/u;
// The beginning of one, where more may come.
// deno-lint-ignore no-control-regex
const UNFINISHED = /^\x1b(?:\[[0-9:;<=>?]*[ -/]*|O[0-9;]*)?$/;
/** What is longer without an end is no sequence. */
const MAX_SEQUENCE = 64;
/** Of a paste no more is kept: far more than a message may have, and no more memory than that. */
const MAX_PASTE = 400_000;

const LETTERS: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  M: "enter",
};
const NUMBERS: Readonly<Record<string, string>> = {
  1: "home",
  3: "delete",
  4: "end",
  5: "page-up",
  6: "page-down",
  7: "home",
  8: "end",
};
/** Characters by their code, in the protocols that send keys as numbers. */
const CODES: Readonly<Record<string, string>> = {
  9: "tab",
  13: "enter",
  27: "escape",
  127: "backspace",
};

export class KeyDecoder {
  #held = "";
  #paste: string[] | undefined;
  #pasteLength = 0;

  /** The keys that have come whole; a sequence not yet ended is kept for the next piece. */
  push(piece: string): Key[] {
    this.#held += piece;
    const keys: Key[] = [];
    while (this.#held !== "") {
      const taken = this.#paste === undefined ? this.#key(keys) : this.#pasted(keys);
      if (!taken) break;
    }
    return keys;
  }

  /** Whether something is held that may be a key of its own, as ESC is, or the start of more. */
  get waits(): boolean {
    return this.#held !== "" && this.#paste === undefined;
  }

  /** What is held, once it is known that nothing follows soon. */
  flush(): Key[] {
    if (!this.waits) return [];
    const held = this.#held;
    this.#held = "";
    // Anything else that was begun and not ended is no key that anybody could have meant.
    return held === "\x1b" ? [{ name: "escape" }] : [];
  }

  #key(keys: Key[]): boolean {
    const text = this.#held;
    if (text.startsWith(PASTE_START)) {
      this.#held = text.slice(PASTE_START.length);
      this.#paste = [];
      this.#pasteLength = 0;
      return true;
    }
    if (text.startsWith("\x1b")) return this.#sequence(keys);
    // deno-lint-ignore no-control-regex
    const typed = /^[^\x00-\x1f\x7f]+/.exec(text)?.[0];
    if (typed !== undefined) {
      keys.push({ name: "text", text: typed });
      this.#held = text.slice(typed.length);
      return true;
    }
    keys.push(controlKey(text.charCodeAt(0)));
    this.#held = text.slice(1);
    return true;
  }

  #sequence(keys: Key[]): boolean {
    const text = this.#held;
    // ESC behind ESC: the first one was pressed on its own, or Alt goes with what follows.
    if (text.startsWith("\x1b\x1b")) {
      keys.push({ name: "escape" });
      this.#held = text.slice(1);
      return true;
    }
    const match = SEQUENCE.exec(text);
    if (match === null) {
      if (UNFINISHED.test(text) && text.length < MAX_SEQUENCE) return false;
      this.#held = text.slice(1);
      return true;
    }
    this.#held = text.slice(match[0].length);
    const [, csi, csiEnd, ss3, ss3End, character] = match;
    if (character !== undefined) keys.push(altKey(character));
    else {
      const key = sequenceKey(csi ?? ss3 ?? "", csiEnd ?? ss3End ?? "", csi === undefined);
      if (key !== undefined) keys.push(key);
    }
    return true;
  }

  #pasted(keys: Key[]): boolean {
    const end = this.#held.indexOf(PASTE_END);
    if (end < 0) {
      // Its end may have come in half.
      const sure = Math.max(0, this.#held.length - PASTE_END.length + 1);
      if (this.#pasteLength < MAX_PASTE) this.#paste?.push(this.#held.slice(0, sure));
      this.#pasteLength += sure;
      this.#held = this.#held.slice(sure);
      return false;
    }
    const text = [...this.#paste ?? [], this.#held.slice(0, end)].join("");
    keys.push({ name: "text", text, pasted: true });
    this.#held = this.#held.slice(end + PASTE_END.length);
    this.#paste = undefined;
    return true;
  }
}

function controlKey(code: number): Key {
  switch (code) {
    case 0x0d:
      return { name: "enter" };
    case 0x0a:
      return { name: "j", ctrl: true };
    case 0x09:
      return { name: "tab" };
    case 0x7f:
    case 0x08:
      return { name: "backspace" };
    case 0x00:
      return { name: "space", ctrl: true };
    default:
      return { name: String.fromCharCode(code + 0x60), ctrl: true };
  }
}

function altKey(character: string): Key {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return { ...controlKey(code), alt: true };
  return { name: character.toLowerCase(), alt: true };
}

function sequenceKey(parameters: string, end: string, ss3: boolean): Key | undefined {
  const numbers = parameters.split(";");
  const [first = "", second = "", third = ""] = numbers;
  // What xterm sends with modifyOtherKeys, and kitty for what has no name of its own.
  if (end === "~" && first === "27") return coded(third, second);
  if (end === "u") return coded(first, second);
  if (end === "R" && second !== "") return { name: "cursor-report", column: Number(second) - 1 };
  if (end === "Z") return { name: "tab", shift: true };
  if (end === "M" && !ss3) return undefined;
  const name = end === "~" ? NUMBERS[first] : LETTERS[end];
  return name === undefined ? undefined : { name, ...modifiersOf(second) };
}

function coded(code: string, modifiers: string): Key | undefined {
  const number = Number(code.split(":")[0]);
  const name = CODES[number];
  const held = modifiersOf(modifiers);
  if (name !== undefined) return { name, ...held };
  if (!(number > 0x20 && number < 0x7f)) return undefined;
  const character = String.fromCharCode(number);
  if (held.ctrl || held.alt) return { name: character.toLowerCase(), ...held };
  return { name: "text", text: character };
}

function modifiersOf(parameter: string): Pick<Key, "ctrl" | "alt" | "shift"> {
  const bits = Number(parameter.split(":")[0] || "1") - 1;
  return {
    ...((bits & 1) !== 0 ? { shift: true } : {}),
    ...((bits & 2) !== 0 ? { alt: true } : {}),
    ...((bits & 4) !== 0 ? { ctrl: true } : {}),
  };
}
