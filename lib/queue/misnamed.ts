import type { ParsedRecord } from "../task/parse_record.ts";

/** Why something is no valid task, and whom to tell. */
export type Problem = Extract<ParsedRecord, { kind: "invalid" }>;

/** What is rejected for its name, whatever it holds. */
export function misnamed(message: string, content: ParsedRecord): Problem {
  if (content.kind === "newer") return { kind: "invalid", message };
  const { conversation_id, title } = content.kind === "task" ? content.record : content;
  return {
    kind: "invalid",
    message,
    ...(conversation_id === undefined ? {} : { conversation_id }),
    ...(title === undefined ? {} : { title }),
  };
}
