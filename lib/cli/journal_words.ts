/** The words in which every view speaks of a journal's entries. Not yet safe for a terminal. */
import type { JournalEntry, JournalEntryOf } from "../task/journal_entry.ts";
import { duration } from "./duration.ts";
import type { Style } from "./terminal.ts";

/** What an entry is, what was said in it, and how it is shown where there are styles. */
export interface EntryWords {
  readonly head: string;
  /** "" where nothing was said. */
  readonly text: string;
  readonly style?: Style;
}

export interface WordsOptions {
  /** With what only a close look asks for: the service, tokens, the answer itself. Default: false. */
  readonly whole?: boolean;
  /** After the end of this attempt there was no other one, although the journal says "retry". */
  readonly gave_up?: boolean;
}

type Call = Pick<JournalEntryOf<"tool_started" | "tool_finished">, "step" | "call_id">;

/** Which tool each call of a journal is of: the end of a call does not name it, its start does. */
export class ToolNames {
  readonly #names = new Map<string, string>();

  constructor(journal: readonly JournalEntry[]) {
    for (const entry of journal) {
      if (entry.type === "tool_started") this.#names.set(callOf(entry), entry.name);
    }
  }

  /** `undefined` for what is no call, and where its start is not in the journal. */
  of(entry: JournalEntry): string | undefined {
    if (entry.type === "tool_started") return entry.name;
    return entry.type === "tool_finished" ? this.#names.get(callOf(entry)) : undefined;
  }
}

// Servers count their calls' ids anew in each answer, so the step belongs to it.
function callOf({ step, call_id }: Call): string {
  return `${step}/${call_id}`;
}

/** @param tool the name of the tool whose call it is, where that is known */
export function entryWords(
  entry: JournalEntry,
  tool: string | undefined,
  options: WordsOptions = {},
): EntryWords {
  switch (entry.type) {
    case "journal_started":
      return { head: "journal started", text: "" };
    case "attempt_started": {
      const run = entry.run > 1 ? ` of run ${entry.run}` : "";
      const service = options.whole ? ` by service ${entry.service_id}` : "";
      return { head: `attempt ${entry.attempt}${run}${service}`, text: "", style: "dim" };
    }
    case "model_answer":
      return answerWords(entry, options);
    case "tool_started":
      return { head: `${entry.name} started`, text: entry.arguments, style: "cyan" };
    case "tool_finished":
      return finishedWords(entry, tool);
    case "attempt_ended":
      return endWords(entry, options);
  }
}

function answerWords(entry: JournalEntryOf<"model_answer">, { whole }: WordsOptions): EntryWords {
  const { step, message, usage, duration_ms } = entry;
  const calls = message.tool_calls?.map((call) => call.function.name).join(", ");
  const about = usage.estimated ? "~" : "";
  const tokens = `, ${about}${usage.input_tokens}+${about}${usage.output_tokens} tokens`;
  return {
    head: `answer ${step} (${duration(duration_ms)}${whole ? tokens : ""})`,
    text: calls ? `calls ${calls}` : whole ? message.content ?? "" : "",
  };
}

function finishedWords(
  { call_id, duration_ms, error, output = "" }: JournalEntryOf<"tool_finished">,
  tool = call_id,
): EntryWords {
  const took = duration(duration_ms);
  return error === undefined
    ? { head: `${tool} finished (${took})`, text: output, style: "dim" }
    : { head: `${tool} failed (${took})`, text: error, style: "red" };
}

// The journal is written before it is decided whether there is another attempt.
function endWords(
  { outcome, message }: JournalEntryOf<"attempt_ended">,
  { gave_up }: WordsOptions,
): EntryWords {
  const head = `attempt ended: ${gave_up ? "failed, no further attempt" : outcome}`;
  return { head: message ? `${head}, ${message}` : head, text: "", style: "yellow" };
}

/** Both in one line. */
export function wordsText({ head, text }: EntryWords): string {
  return text === "" ? head : `${head}: ${text}`;
}
