/** The flags that say which tasks are meant. */
import type { TaskFilter } from "../../queue/task_queue.ts";
import { ERROR_CODES, TASK_STATES, type TaskState } from "../../task/record.ts";
import { type Flag, type Flags, idOf } from "../parse_flags.ts";
import { UsageError } from "../usage_error.ts";
import { instantOf, type Moment, momentOf } from "./moment.ts";

export const FILTER_FLAGS = {
  state: {
    name: "state",
    value: "STATES",
    choices: TASK_STATES,
    help: "Only these, separated by commas",
  },
  error: {
    name: "error",
    value: "CODES",
    choices: ERROR_CODES,
    help: "Only failed with these, separated by commas",
  },
  conversation: { name: "conversation", value: "ID", help: "Only this conversation's" },
  text: { name: "text", value: "TEXT", help: "Only with this in id, title, prompt or outcome" },
  since: { name: "since", value: "TIME", help: "Only made since: 2h, 7d, or an RFC 3339 time" },
  until: { name: "until", value: "TIME", help: "Only made before that" },
} as const satisfies Record<string, Flag>;

/** Which tasks are meant, as it was typed. */
export interface Selection {
  readonly states?: readonly TaskState[];
  readonly error_codes?: readonly string[];
  readonly conversation_id?: string;
  readonly text?: string;
  readonly since?: Moment;
  readonly until?: Moment;
}

/** @throws {UsageError} on a value that is wrong */
export function selectionOf({ values }: Flags): Selection {
  const { state, error, conversation, text, since, until } = values;
  return {
    ...(state === undefined ? {} : { states: statesOf(state) }),
    ...(error === undefined ? {} : { error_codes: wordsOf("error", error, ERROR_CODES) }),
    ...(conversation === undefined ? {} : { conversation_id: idOf("conversation", conversation) }),
    ...(text === undefined ? {} : { text }),
    ...(since === undefined ? {} : { since: momentOf("since", since) }),
    ...(until === undefined ? {} : { until: momentOf("until", until) }),
  };
}

/** The same for the queue. */
export function filterOf({ since, until, ...same }: Selection, now: number): TaskFilter {
  return {
    ...same,
    ...(since === undefined ? {} : { created_from: instantOf(since, now) }),
    ...(until === undefined ? {} : { created_before: instantOf(until, now) }),
  };
}

/**
 * States separated by commas.
 *
 * @param known those that make sense here
 * @throws {UsageError} on any other
 */
export function statesOf<State extends TaskState>(
  text: string,
  known: readonly State[] = TASK_STATES as unknown as readonly State[],
): State[] {
  return wordsOf("state", text, known);
}

function wordsOf<Word extends string>(
  flag: string,
  text: string,
  known: readonly Word[],
): Word[] {
  return text.split(",").map((name) => {
    const word = known.find((candidate) => candidate === name.trim());
    if (word !== undefined) return word;
    throw new UsageError(`--${flag}: expected ${known.join(", ")}, got "${name}"`);
  });
}
