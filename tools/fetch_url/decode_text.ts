/** A text, how it was encoded, and what was wrong with that. */
export interface Decoded {
  readonly text: string;
  readonly charset: string;
  /** As a sentence for the reader of the text. */
  readonly note?: string;
}

const BOMS: readonly [string, readonly number[]][] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

// As far as browsers look.
const DECLARATION_BYTES = 1024;
const DECLARATION =
  /<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)/i;

/**
 * Decodes what is text. A byte order mark goes before the header, which goes before what the text
 * says of itself; else it is UTF-8 or, where it cannot be, Windows-1252. Never throws.
 *
 * @param named the charset of the header, if it names one
 */
export function decodeText(bytes: Uint8Array<ArrayBuffer>, named: string | undefined): Decoded {
  const mark = BOMS.find(([, bom]) => bom.every((byte, i) => bytes[i] === byte))?.[0];
  const asked = mark ?? named ?? declared(bytes);
  if (asked === undefined) return guess(bytes);
  const decoder = decoderFor(asked);
  if (decoder === undefined) {
    const guessed = guess(bytes);
    const note = `The encoding "${asked}" is not known, so the text was read as ` +
      `${guessed.charset}.`;
    return { ...guessed, note };
  }
  const text = decoder.decode(bytes);
  return withNote(text, decoder.encoding);
}

function declared(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, DECLARATION_BYTES));
  const [, meta, xml] = DECLARATION.exec(start) ?? [];
  const charset = (meta ?? xml)?.toLowerCase();
  // The declaration was read as ASCII, which UTF-16 is not.
  return charset?.startsWith("utf-16") ? "utf-8" : charset;
}

function guess(bytes: Uint8Array<ArrayBuffer>): Decoded {
  const utf8 = new TextDecoder().decode(bytes);
  // A cut at the end may be in the middle of a character.
  if (!utf8.slice(0, -1).includes("\ufffd")) return { text: utf8, charset: "utf-8" };
  return { text: new TextDecoder("windows-1252").decode(bytes), charset: "windows-1252" };
}

function decoderFor(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function withNote(text: string, charset: string): Decoded {
  if (!text.slice(0, -1).includes("\ufffd")) return { text, charset };
  const note = `Some of the text is not ${charset} as it claims to be, and is shown as \ufffd.`;
  return { text, charset, note };
}
