/** One press of a key, or a paste. */
export interface Key {
  /** `text` for what is typed or pasted; else the key's name: `enter`, `up`, `a` with `ctrl`, … */
  readonly name: string;
  /** What was typed or pasted, as it came. */
  readonly text?: string;
  /** Came as a paste: nothing in it is a command. */
  readonly pasted?: boolean;
  readonly ctrl?: boolean;
  readonly alt?: boolean;
  readonly shift?: boolean;
  /** With `cursor-report`, the terminal's answer where its cursor is: the column, from 0. */
  readonly column?: number;
}

/** A key with its modifiers as people write it: `ctrl-alt-x`, `shift-enter`, `up`. */
export function keyName({ name, ctrl, alt, shift }: Key): string {
  return `${ctrl ? "ctrl-" : ""}${alt ? "alt-" : ""}${shift ? "shift-" : ""}${name}`;
}
