/** The lines of a task's journal (contract.md §2): every finished step of its run, one a line. */
import { z } from "zod";

const at = z.string();

/** One tool call as the model asked for it. */
export const toolCallSchema = z.looseObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const assistantMessage = z.looseObject({
  role: z.literal("assistant"),
  content: z.string().nullable(),
  tool_calls: z.array(toolCallSchema).optional(),
});

const tokens = z.looseObject({
  input_tokens: z.number(),
  output_tokens: z.number(),
  estimated: z.boolean(),
});

const entrySchema = z.discriminatedUnion("type", [
  /** Always the first line; another incarnation's journal is not this task's. */
  z.looseObject({
    at,
    type: z.literal("journal_started"),
    version: z.number(),
    incarnation: z.string(),
  }),
  z.looseObject({
    at,
    type: z.literal("attempt_started"),
    run: z.number(),
    attempt: z.number(),
    service_id: z.string(),
  }),
  /** The whole message, before any of its tools starts. `step` counts from 1 over the journal. */
  z.looseObject({
    at,
    type: z.literal("model_answer"),
    step: z.number(),
    message: assistantMessage,
    finish_reason: z.string(),
    usage: tokens,
    model: z.string(),
    duration_ms: z.number(),
  }),
  /** Before the tool starts. */
  z.looseObject({
    at,
    type: z.literal("tool_started"),
    step: z.number(),
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
    effects: z.enum(["none", "idempotent", "once"]),
    /** The tool's process; absent where the call never reached one. */
    pid: z.number().optional(),
    process_started_at: z.string().optional(),
    /** A token in the process's command line: proof that a pid still means that process. */
    instance: z.string().optional(),
  }),
  /** Before the model sees it. Exactly one of `output` and `error`. */
  z.looseObject({
    at,
    type: z.literal("tool_finished"),
    step: z.number(),
    call_id: z.string(),
    output: z.string().optional(),
    error: z.string().optional(),
    duration_ms: z.number(),
    artifacts: z.array(z.string()).optional(),
  }),
  z.looseObject({
    at,
    type: z.literal("attempt_ended"),
    outcome: z.string(),
    message: z.string().optional(),
  }),
]);

export type JournalEntry = z.infer<typeof entrySchema>;
export type JournalEntryOf<Type extends JournalEntry["type"]> = Extract<
  JournalEntry,
  { type: Type }
>;
export type AssistantMessage = z.infer<typeof assistantMessage>;
export type ToolCallRequest = z.infer<typeof toolCallSchema>;

/** Reads one line's parsed JSON; `undefined` when it is no journal entry. */
export function parseJournalEntry(value: unknown): JournalEntry | undefined {
  const parsed = entrySchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** How many steps are finished: what the interruptions of a task are counted against. */
export function countProgress(entries: readonly JournalEntry[]): number {
  return entries.filter((e) => e.type === "model_answer" || e.type === "tool_finished").length;
}

/** The tool calls that started and have no end, the last start of each. */
export function openToolCalls(entries: readonly JournalEntry[]): JournalEntryOf<"tool_started">[] {
  const open = new Map<string, JournalEntryOf<"tool_started">>();
  for (const entry of entries) {
    if (entry.type === "tool_started") open.set(`${entry.step}/${entry.call_id}`, entry);
    if (entry.type === "tool_finished") open.delete(`${entry.step}/${entry.call_id}`);
  }
  return [...open.values()];
}
