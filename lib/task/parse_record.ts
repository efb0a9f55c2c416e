/** Reading what lies in a task's file, and checking what a producer hands in. */
import type { z } from "zod";
import { isId } from "./id.ts";
import { describe, isObject, JsonError, parseObject, parseText, plainNumber } from "./json.ts";
import {
  FIELDS,
  NO_USAGE,
  NUMBERS,
  RECORD_VERSION,
  rejectionSchema,
  TASK_DEFAULTS,
  type TaskRecord,
  type TaskRequest,
  taskSchema,
  type TaskState,
} from "./record.ts";
import { summaryOf } from "./summary.ts";
import { isRecordTime } from "./time.ts";

/** What the bytes of a task's file turned out to be. */
export type ParsedRecord =
  | { readonly kind: "task"; readonly record: TaskRecord }
  /** No valid task; `message` names the field and what was expected. */
  | {
    readonly kind: "invalid";
    readonly message: string;
    /** True where the text breaks off or is none yet: it may still be being written. */
    readonly unfinished?: boolean;
    /** Whom to tell, where that can be read. */
    readonly conversation_id?: string;
    readonly title?: string;
  }
  /** Written by a newer version of this program: to be left alone. */
  | { readonly kind: "newer"; readonly version: number };

/**
 * Reads the bytes of `tasks/{state}/{id}.json`. Never throws on any content.
 *
 * @param modifiedAt the file's modification time in milliseconds, `created_at` where none is given;
 * what is no time counts as 0
 * @param state where the file lies. In pending/, where anybody may write, a record that says of
 * itself that it is no valid task is none; elsewhere that is how our own rejections are read back.
 */
export function parseRecord(
  id: string,
  bytes: Uint8Array,
  modifiedAt: number,
  state: TaskState = "pending",
): ParsedRecord {
  return parse(id, () => parseObject(bytes), modifiedAt, state);
}

/** The same for a record that is kept as a text. */
export function parseRecordText(
  id: string,
  text: string,
  modifiedAt: number,
  state: TaskState = "pending",
): ParsedRecord {
  return parse(id, () => parseText(text), modifiedAt, state);
}

function parse(
  id: string,
  read: () => Record<string, unknown>,
  modifiedAt: number,
  state: TaskState,
): ParsedRecord {
  let value: Record<string, unknown>;
  try {
    value = read();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { kind: "invalid", message: error.message, unfinished: true };
  }
  const version = plainNumber(value["version"]);
  if (typeof version === "number" && Number.isInteger(version) && version > RECORD_VERSION) {
    return { kind: "newer", version };
  }
  for (const name of NUMBERS) {
    if (name in value) value[name] = plainNumber(value[name]);
  }
  if (state !== "pending" && isRejection(value)) {
    return { kind: "task", record: { ...EMPTY, ...value, id } };
  }
  const parsed = taskSchema.safeParse(value);
  if (!parsed.success) return invalid(value, explain(value, parsed.error));
  if (value["id"] !== undefined && value["id"] !== id) {
    return invalid(
      value,
      `"id": expected "${id}", the file's name without .json, got ${describe(value["id"])}`,
    );
  }
  // The parsed copy is not used: zod's copy would lose an own "__proto__" and raw numbers.
  const made = isRecordTime(modifiedAt) ? modifiedAt : 0;
  return { kind: "task", record: withDefaults(id, value as TaskRequest, made) };
}

// The look at the code first: a check that fails costs several times one that succeeds.
function isRejection({ error, ...value }: Record<string, unknown>): boolean {
  return isObject(error) && error["code"] === "invalid_task" &&
    rejectionSchema.safeParse({ ...value, error }).success;
}

const EMPTY = {
  ...TASK_DEFAULTS,
  conversation_id: "",
  prompt: "",
  title: "",
  created_at: "1970-01-01T00:00:00.000Z",
};

/**
 * The failed record of a file that is no valid task; its bytes are kept beside it.
 *
 * @param now milliseconds since the epoch
 */
export function rejectionOf(
  id: string,
  problem: Extract<ParsedRecord, { kind: "invalid" }>,
  now: number,
): TaskRecord {
  const at = new Date(now).toISOString();
  const { conversation_id } = problem;
  return {
    version: RECORD_VERSION,
    id,
    ...(conversation_id === undefined ? {} : { conversation_id }),
    title: problem.title ?? `Invalid task ${id}`,
    created_at: at,
    finished_at: at,
    duration_ms: 0,
    run: 1,
    usage: NO_USAGE,
    error: { code: "invalid_task", message: problem.message, attempt: 0 },
    summary: summaryOf(problem.message),
  } as unknown as TaskRecord;
}

function invalid(value: Record<string, unknown>, message: string): ParsedRecord {
  const { conversation_id, title } = value;
  return {
    kind: "invalid",
    message,
    ...(isId(conversation_id) ? { conversation_id } : {}),
    ...(typeof title === "string" && title.length <= 200 ? { title } : {}),
  };
}

/**
 * Checks what a producer hands in.
 *
 * @returns the request, or what is wrong with it in one clause
 */
export function checkRequest(
  value: Record<string, unknown>,
): { ok: true; request: TaskRequest } | { ok: false; message: string } {
  // The queue's own fields are checked too: a record that cannot be read back is not written.
  const parsed = taskSchema.safeParse(value);
  return parsed.success
    ? { ok: true, request: value as TaskRequest }
    : { ok: false, message: explain(value, parsed.error) };
}

/** A request with every default filled in. */
export function withDefaults(id: string, request: TaskRequest, now: number): TaskRecord {
  return {
    ...TASK_DEFAULTS,
    ...withoutUndefined(request),
    conversation_id: request.conversation_id,
    prompt: request.prompt,
    id,
    title: request.title ?? titleOf(request.prompt),
    created_at: request.created_at ?? new Date(now).toISOString(),
  };
}

// Mostly nothing is undefined, and then a copy would cost more than the rest.
function withoutUndefined(request: TaskRequest): object {
  if (Object.values(request).every((value) => value !== undefined)) return request;
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

// The first issue is enough: one clear sentence beats a list of follow-up errors.
function explain(value: Record<string, unknown>, error: z.ZodError): string {
  const path = error.issues[0]?.path ?? [];
  const name = String(path[0]);
  const expected = FIELDS[name]?.[1] ?? "a valid value";
  const got = value[name];
  if (got === undefined) return `"${name}" is missing, expected ${expected}`;
  return `"${name}": expected ${expected}, got ${describe(got)}`;
}

/** A title for a task that has none: the first line of its prompt, at most 60 characters. */
export function titleOf(prompt: string): string {
  const line = prompt.trim().split("\n", 1)[0]?.trim() ?? "";
  if (line.length <= 60) return line || "Untitled";
  // A prompt may be one line of 100,000 characters: as many as can be needed are taken apart.
  const characters = [...line.slice(0, 122)];
  return characters.length <= 60 ? line : characters.slice(0, 59).join("") + "…";
}
