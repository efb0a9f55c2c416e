/** What the offline worker understands of notes that are kept from task to task. */
import { argumentName } from "./arguments.ts";
import { cutOutput } from "./plain_output.ts";
import type { WorkStep } from "./work_step.ts";

/** "Remember that the report goes to finance". */
export function remember(text: string): WorkStep | undefined {
  const note = /^(?:remember|note|keep in mind)(?: down)?(?: that)?[\s:]+(\S.*)$/is.exec(text)?.[1];
  if (note === undefined) return undefined;
  return {
    tool: "remember",
    subjects: [note],
    title: "a note",
    args: (subject, tool) => ({ [argumentName(tool, ["note", "text"])]: subject }),
    deed: () => "keep the note",
    tell: (subject) => `Noted: ${subject}`,
  };
}

/** "What do you remember about the report?" */
export function recall(text: string): WorkStep | undefined {
  const found =
    /^(?:recall|what (?:do|did) (?:you|i) (?:remember|note|know))(?:\s+(?:about|of|on))?(?:\s+(.+?))?[?.!\s]*$/i
      .exec(text);
  if (found === null) return undefined;
  const words = found[1] ?? "";
  return {
    tool: "recall",
    subjects: [words],
    title: words === "" ? "the notes" : `the notes on ${words}`,
    args: (subject, tool) =>
      subject === "" ? {} : { [argumentName(tool, ["words", "query"])]: subject },
    deed: () => "look into the notes",
    tell: (subject, output) =>
      `The notes${subject === "" ? "" : ` on ${subject}`}:\n${cutOutput(output)}`,
  };
}
