/** Finds arithmetic in a sentence. */

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/(\d)\s*(?:times|multiplied by|x|×)\s*(?=[\d(.-])/gi, "$1*"],
  [/\s*\bplus\b\s*/gi, "+"],
  [/\s*\bminus\b\s*/gi, "-"],
  [/\s*(?:\bdivided by\b|÷)\s*/gi, "/"],
  [/\s*\bto the power of\b\s*/gi, "^"],
  [/(\d(?:\.\d+)?)\s*(?:%|percent) of\s*/gi, "$1/100*"],
  [/\b(?:the )?square root of\s+(\d+(?:\.\d+)?)/gi, "sqrt($1)"],
  [/\s*\bsquared\b/gi, "^2"],
  [/\s*\bcubed\b/gi, "^3"],
  // Digits grouped by thousands: 1,000,000.
  [/(?<=\d),(?=\d{3}(?!\d))/g, ""],
];
const NUMBER = String.raw`\d+(?:\.\d+)?`;
const TERM = String
  .raw`(?:[-+]?\s*\(*\s*(?:(?:sqrt|abs|round|sin|cos|tan|ln|log)\s*\(+\s*)?[-+]?(?:${NUMBER}|pi)\s*\)*)`;
const EXPRESSION = new RegExp(
  String.raw`(?<![\w.:/])${TERM}(?:\s*(?:\*\*|[-+*/^%])\s*${TERM})*(?![\w:]|\.\w)`,
  "gi",
);
const HAS_OPERATION = /[\d)]\s*(?:\*\*|[-+*/^%])|(?:sqrt|abs|round|sin|cos|tan|ln|log)\s*\(/i;
/** Numbers with a dash or a slash may be a telephone number, a range, a date. */
const MAY_BE_NO_SUM = /^[\d./-]+$/;
const ASKS_FOR_SUM =
  /\b(?:what|how much|work(?:s|ing)? out|calculat\w*|comput\w*|evaluat\w*|minus|divided)\b|=/i;
const DATE = /^\s*\d{4}-\d{2}-\d{2}\s*$|^\s*\d{1,2}\/\d{1,2}\/\d{2,4}\s*$/;

/** The longest arithmetic expression in a text; `undefined` when it holds none. */
export function findExpression(text: string): string | undefined {
  const symbols = WORDS.reduce((so_far, [word, symbol]) => so_far.replace(word, symbol), text);
  const found = [...symbols.matchAll(EXPRESSION)]
    .map(([expression]) => expression.trim())
    .filter((expression) => HAS_OPERATION.test(expression) && !DATE.test(expression))
    .filter((expression) => !MAY_BE_NO_SUM.test(expression) || ASKS_FOR_SUM.test(text))
    .filter(isBalanced);
  return found.sort((one, other) => other.length - one.length)[0];
}

function isBalanced(expression: string): boolean {
  let depth = 0;
  for (const character of expression) {
    if (character === "(") depth++;
    if (character === ")" && --depth < 0) return false;
  }
  return depth === 0;
}
