/** The task that the bench hands in and the nothing that is done for it, the same for all queues. */

/** Its record has about 500 bytes. */
export const NOOP_REQUEST = {
  conversation_id: "bench",
  prompt: "A prompt of ordinary length, for a task that does nothing. ".repeat(4),
} as const;

/** What its run comes to. */
export const NOOP_OUTCOME = {
  kind: "completed",
  result: "done",
  artifacts: [] as string[],
  usage: { input_tokens: 0, output_tokens: 0, model_calls: 0, tool_calls: 0, estimated: false },
} as const;
