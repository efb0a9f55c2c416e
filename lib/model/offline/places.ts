/** Finds the places that a question is about. */

const ASIDE =
  /\b(?:right now|now|today|tonight|tomorrow|(?:this|next) (?:week|morning|afternoon|evening|weekend)|(?:over |for )?(?:the )?next (?:few )?days|at the moment|at the same time|at once|in parallel|side by side|currently|please|for me|in (?:celsius|fahrenheit)|like|and (?:tell|let) me.*)\b/gi;
const SEPARATOR = /\s*(?:,\s*and\b|,|;|&|\band\b|\bor\b|\bwith\b|\bto\b|\bversus\b|\bvs\b\.?)\s*/i;
/** "The weather in Oslo and the weather in Rome" names two places. */
const OPENING =
  /^(?:(?:the\s+)?(?:weather|forecast|temperature|time)\s+(?:in|for|at|of)\s+|(?:in|for|at|the)\s+)+/i;
const MAX_LENGTH = 60;

/** The names after "in", "for", "between"…, in their order; empty when there are none. */
export function findPlaces(text: string): string[] {
  const plain = text.replace(ASIDE, " ").replace(/[?!.]+(?=\s|$)/g, " ");
  const after = /\b(?:in|for|at|of|between)\s+(?:the (?:city|town) of\s+)?(.+)$/iu.exec(plain)?.[1];
  return after === undefined ? [] : splitPlaces(after.replace(/[\s,]+$/, ""));
}

/** Several names in one phrase: "Oslo, Bergen and Tromsø". */
export function splitPlaces(phrase: string): string[] {
  const parts = phrase.split(SEPARATOR);
  // A lone comma stands between a place and its country: "Springfield, Illinois".
  const is_one = parts.length === 2 && /^[^,]+,(?!\s*and\b)[^,]+$/i.test(phrase) &&
    !/\b(?:and|or)\b|&/i.test(phrase);
  const names = (is_one ? [parts.join(", ")] : parts)
    .map((name) => name.replace(OPENING, "").replace(/\s+/g, " ").trim())
    .filter((name) =>
      name !== "" && name.length <= MAX_LENGTH && /^\p{L}[\p{L}\p{M}\s,.'’()/_-]*$/u.test(name)
    );
  return [...new Set(names.map(capitalised))];
}

/** People at a keyboard write "new york". */
function capitalised(name: string): string {
  if (name !== name.toLowerCase()) return name;
  return name.replace(/(?<![\p{L}\p{M}'’])\p{L}/gu, (letter) => letter.toUpperCase());
}
