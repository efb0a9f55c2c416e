/** Text as people type and paste it, wide and joined characters among it. */
import fc from "fast-check";

const PIECES = [
  "a",
  "word ",
  "  ",
  "Ünïcode",
  "e\u0301",
  "日本語",
  "한국어",
  "👍",
  "👍🏽",
  "👩‍👩‍👧",
  "🇳🇴",
  "❤️",
  "1️⃣",
  "\t",
  "\x1b[31m",
  "\x07",
  "\u202e",
  "\u200b",
  "\u0301",
  "\ufe0f",
  "مرحبا",
  "नमस्ते",
  "\u{e0041}",
  "…",
];

export const lineText = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 })
  .map((pieces) => pieces.join(""));

export const typedText = fc.array(fc.constantFrom(...PIECES, "\n", "\n"), { maxLength: 40 })
  .map((pieces) => pieces.join(""));
