/** The sign at both places of a move that is under way, or was cut short: nobody works there then. */
import { z } from "zod";

const schema = z.looseObject({
  version: z.number(),
  /** The same at both places, and no other move's. */
  token: z.string().min(1),
  /** What people call the places; never has a password in it. */
  from: z.string(),
  to: z.string(),
  started_at: z.string(),
});

export type MoveMark = z.infer<typeof schema>;

/** A mark that was found. */
export interface FoundMark {
  /** `undefined` where what it says cannot be read. */
  readonly mark: MoveMark | undefined;
  /** Whether its move is still under way: else it was cut short. */
  readonly alive: boolean;
  /** What a person may remove who gives the move up, with the command or the words for it. */
  readonly remove: string;
}

/** Something about a move. One sentence for people: what is in the way, and what to do. */
export class MoveProblem extends Error {
  override name = "MoveProblem";
}

/** A move is in the way, or cannot begin: nothing was changed. */
export class MoveRefused extends MoveProblem {}

/** Reads a mark's parsed JSON; `undefined` when it is none. */
export function parseMoveMark(value: unknown): MoveMark | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/**
 * Why nothing may be begun at a marked place, and the way out: one sentence without its full stop.
 *
 * @param what what cannot be begun: "start a service on …"
 */
export function whyRefused(what: string, { mark, alive, remove }: FoundMark): string {
  const route = mark === undefined ? "" : ` from ${mark.from} to ${mark.to}`;
  if (alive) {
    return `Cannot ${what}: its tasks are being moved${route} just now; wait until that is done`;
  }
  const command = mark === undefined
    ? "the same tasks move command as before"
    : `tasks move --from ${shellWord(mark.from)} --to ${shellWord(mark.to)}`;
  return `Cannot ${what}: a move of its tasks${route} was cut short, and some may be at both ` +
    `places; finish it first with ${command}, or, to give it up, ${remove}`;
}

/** A text as one word of a shell's command line. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
