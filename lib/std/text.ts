/** `@std/text` from `npm:deno-std`, typed; see lib/std/assert.ts for why. */
import { closestString as stdClosestString } from "deno-std/text/closest_string.js";

/** The word of a list that is most like the given one. Throws on an empty list. */
export const closestString: (givenWord: string, possibleWords: readonly string[]) => string =
  stdClosestString;
