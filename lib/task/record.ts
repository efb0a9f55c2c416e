/**
 * The records of a task, as they lie on disk (contract.md §2). Unknown fields are kept.
 *
 * One table of fields gives the types, the checks and the words of the error messages.
 */
import { z } from "zod";
import { ID_EXPECTED, ID_PATTERN } from "./id.ts";
import { isObject } from "./json.ts";

/** The newest record version this program reads and writes. */
export const RECORD_VERSION = 1;
/** Larger files in pending/ are no tasks. */
export const MAX_RECORD_BYTES = 1024 * 1024;
/** Records of our own may grow past what a producer may hand in: results come on top. */
export const MAX_OWN_BYTES = 16 * MAX_RECORD_BYTES;
/** Longest prompt, in UTF-16 units. */
export const MAX_PROMPT_LENGTH = 100_000;

/** The four states; each is a directory under `tasks/`. */
export const TASK_STATES = ["pending", "running", "completed", "failed"] as const;
export type TaskState = typeof TASK_STATES[number];
export type TerminalState = "completed" | "failed";

/** Why a task was given up. */
export const ERROR_CODES = [
  "invalid_task",
  "cancelled",
  "timeout",
  "step_limit",
  "token_limit",
  "model_rejected",
  "model_unavailable",
  "service_crashed",
  "internal",
] as const;
export type ErrorCode = typeof ERROR_CODES[number];

/** How one attempt ended. Only `retry` makes the next one count as a new attempt. */
export const ATTEMPT_OUTCOMES = [
  "completed",
  "failed",
  "cancelled",
  "retry",
  "rate_limited",
  "interrupted",
  "crashed",
] as const;
export type AttemptOutcome = typeof ATTEMPT_OUTCOMES[number];

// In UTF-16 units: zod's own max() counts code points.
const text = (max: number) => z.string().refine((value) => value.length <= max);
const integer = (min: number, max: number) => z.int().min(min).max(max);
const id = z.string().regex(ID_PATTERN);
const time = z.iso.datetime({ offset: true }).refine((value) => Number.isFinite(Date.parse(value)));
const TIME_EXPECTED = 'an RFC 3339 time such as "2026-01-31T09:00:00.000Z"';

const errorSchema = z.looseObject({ code: z.string(), message: z.string() });
const usageSchema = z.looseObject({
  input_tokens: z.number(),
  output_tokens: z.number(),
  model_calls: z.number(),
  tool_calls: z.number(),
  /** True where the server reported no usage and a part of the numbers is our estimate. */
  estimated: z.boolean(),
});
const attemptSchema = z.looseObject({
  run: z.number(),
  attempt: z.number(),
  service_id: z.string(),
  started_at: time,
  ended_at: time.optional(),
  /** By a clock that is never set, unlike the two times; absent where the owner died. */
  duration_ms: z.number().min(0).optional(),
  outcome: z.enum(ATTEMPT_OUTCOMES).optional(),
  error: errorSchema.optional(),
});
const stagedSchema = z.looseObject({
  to: z.enum(["pending", "completed", "failed"]),
  run: z.number(),
});

export type Usage = z.infer<typeof usageSchema>;

/** The usage of a task that never asked a model. */
export const NO_USAGE: Usage = Object.freeze({
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
});

export type AttemptRecord = z.infer<typeof attemptSchema>;
/** What a failed record says of its end. */
export interface TaskError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A field's check, and what the message says was expected. */
type Field = readonly [schema: z.ZodType, expected: string];

/** What a producer may say of a task. `id` is the file's name. */
const PRODUCER_FIELDS = {
  version: [z.literal(RECORD_VERSION), `the number ${RECORD_VERSION}`],
  id: [id, `the file's name without .json (${ID_EXPECTED})`],
  conversation_id: [id, ID_EXPECTED],
  prompt: [
    text(MAX_PROMPT_LENGTH).min(1),
    `a text of 1 to ${MAX_PROMPT_LENGTH.toLocaleString("en")} characters`,
  ],
  title: [text(200), "a text of at most 200 characters"],
  priority: [integer(-100, 100), "a whole number from -100 to 100"],
  created_at: [time, TIME_EXPECTED],
  run_at: [time, TIME_EXPECTED],
  max_attempts: [integer(1, 100), "a whole number from 1 to 100"],
  timeout_seconds: [z.number().positive().max(604_800), "a number over 0, at most 604800 (a week)"],
  max_steps: [integer(1, 1000), "a whole number from 1 to 1000"],
  max_tokens: [integer(1, 1_000_000_000), "a whole number from 1 to 1000000000"],
  tools: [
    z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).max(200),
    "a list of tool names ([] for none)",
  ],
  model: [text(200).min(1), "a model's name of 1 to 200 characters"],
  metadata: [z.custom<Record<string, unknown>>(isObject), "an object"],
} as const satisfies Record<string, Field>;

/** What the queue adds from the first claim on. */
const QUEUE_FIELDS = {
  incarnation: [text(64), "a text of at most 64 characters"],
  run: [integer(1, 1e9), "a whole number from 1"],
  attempt: [integer(1, 1e9), "a whole number from 1"],
  interruptions: [integer(0, 1e9), "a whole number from 0"],
  progress: [integer(0, 1e9), "a whole number from 0"],
  attempts: [z.array(attemptSchema), "a list of attempts"],
  retry_at: [time, TIME_EXPECTED],
  last_error: [errorSchema, "an object with code and message"],
  service_id: [text(64), "a text of at most 64 characters"],
  pid: [z.number(), "a number"],
  host: [text(255), "a text of at most 255 characters"],
  started_at: [time, TIME_EXPECTED],
  finished_at: [time, TIME_EXPECTED],
  duration_ms: [z.number(), "a number"],
  result: [z.string(), "a text"],
  summary: [z.string(), "a text"],
  result_artifact: [z.string(), "an artifact's name"],
  artifacts: [z.array(z.string()), "a list of names"],
  usage: [usageSchema, "an object of counts"],
  error: [errorSchema, "an object with code and message"],
  staged: [stagedSchema, 'an object with "to" and "run"'],
} as const satisfies Record<string, Field>;

export const FIELDS: Record<string, Field> = { ...PRODUCER_FIELDS, ...QUEUE_FIELDS };
export const NUMBERS = Object.entries(FIELDS)
  .filter(([, [schema]]) => schema instanceof z.ZodNumber || schema instanceof z.ZodLiteral)
  .map(([name]) => name);

type Optional<F extends Record<string, Field>> = { [K in keyof F]: z.ZodOptional<F[K][0]> };

function optional<F extends Record<string, Field>>(fields: F): Optional<F> {
  const entries = Object.entries(fields).map(([name, [schema]]) => [name, schema.optional()]);
  return Object.fromEntries(entries) as Optional<F>;
}

const producerShape = {
  ...optional(PRODUCER_FIELDS),
  conversation_id: PRODUCER_FIELDS.conversation_id[0],
  prompt: PRODUCER_FIELDS.prompt[0],
};
const requestSchema = z.looseObject(producerShape);
const taskShape = { ...producerShape, ...optional(QUEUE_FIELDS) };
export const taskSchema = z.looseObject(taskShape);
/** What `rejectionOf` writes: the record of what was no task, so it may lack what tasks have. */
export const rejectionSchema = z.looseObject({
  ...taskShape,
  ...optional(PRODUCER_FIELDS),
  finished_at: QUEUE_FIELDS.finished_at[0],
  error: z.looseObject({ code: z.literal("invalid_task"), message: z.string() }),
});

/** What a producer hands in: the fields of a pending record, all but two of them optional. */
export type TaskRequest = z.infer<typeof requestSchema>;

/** The limits and names that are filled in when a task does not say them. */
export const TASK_DEFAULTS = {
  version: RECORD_VERSION,
  priority: 0,
  max_attempts: 3,
  timeout_seconds: 600,
  max_steps: 30,
} as const;

/** A valid task's record in any state: defaults filled in, the queue's own fields where it has them. */
export type TaskRecord = z.infer<typeof taskSchema> & {
  version: number;
  id: string;
  title: string;
  priority: number;
  created_at: string;
  max_attempts: number;
  timeout_seconds: number;
  max_steps: number;
};

/** A task as readers see it: its record and the directory it lies in. */
export interface Task {
  readonly state: TaskState;
  readonly record: TaskRecord;
}
