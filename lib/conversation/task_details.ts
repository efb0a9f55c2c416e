/**
 * One task as main's model is given it: where it stands, what it is doing, and a part of what it
 * brought, whose size does not depend on how much that is.
 */
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { Journals } from "../journal/journal.ts";
import { activityOf } from "../task/activity.ts";
import { cutAtBreak } from "../task/cut_at_break.ts";
import type { Task, TaskRecord } from "../task/record.ts";
import { DEFAULT_LENGTH, findIn, partOf } from "./excerpts.ts";
import { briefTask } from "./task_view.ts";

/** Longest prompt, error and tool arguments that are told, in UTF-16 units. */
const MAX_PROMPT = 1_000;
const MAX_ERROR = 4_000;
const MAX_ARGUMENTS = 300;
/** More of a task's artifacts are not named. */
const MAX_ARTIFACTS = 30;
/** Larger artifacts are not looked into, in bytes. */
const MAX_ARTIFACT_BYTES = 16 * 1024 * 1024;

/** Which part of what a task brought. */
export interface Wanted {
  /** An artifact's name; absent is the result. */
  readonly artifact?: string | undefined;
  /** In UTF-16 units. */
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  /** The places where these words stand, instead of a part by its place. */
  readonly find?: string | undefined;
}

export interface DetailParts {
  readonly artifacts: Artifacts;
  readonly journals: Journals;
}

/** The details of a task for the model, ready for JSON. */
export async function detailedTask(parts: DetailParts, task: Task, wanted: Wanted) {
  const { prompt } = task.record;
  return {
    ...briefTask(task),
    // A part that is asked for by name is asked for by somebody who knows the rest.
    ...(isPlain(wanted) ? { prompt: shortened(prompt, MAX_PROMPT) } : {}),
    ...await stateDetails(parts, task, wanted),
  };
}

function isPlain({ artifact, offset, find }: Wanted): boolean {
  return artifact === undefined && offset === undefined && find === undefined;
}

async function stateDetails(parts: DetailParts, { state, record }: Task, wanted: Wanted) {
  if (wanted.artifact !== undefined) {
    return await artifactPart(parts.artifacts, record.id, wanted.artifact, wanted);
  }
  switch (state) {
    case "pending":
      return record.last_error === undefined
        ? {}
        : { last_error: shortened(record.last_error.message, MAX_ERROR) };
    case "running":
      return { activity: await activity(parts.journals, record) };
    case "failed":
      return {
        ...(record.error === undefined
          ? {}
          : { error: shortened(record.error.message, MAX_ERROR) }),
        ...await artifactList(parts.artifacts, record),
      };
    case "completed":
      return {
        ...await resultPart(parts.artifacts, record, wanted),
        ...(isPlain(wanted) ? await artifactList(parts.artifacts, record) : {}),
      };
  }
}

/** What a run does just now. */
async function activity(journals: Journals, { id, incarnation, max_steps }: TaskRecord) {
  const { kind, steps, tool_calls, calls, since } = activityOf(
    incarnation === undefined ? [] : await journals.read(id, incarnation),
  );
  return {
    doing: DOING[kind],
    ...(since === undefined ? {} : { since }),
    ...(calls.length === 0 ? {} : {
      tools: calls.map((call) => ({
        name: call.name,
        arguments: shortened(call.arguments, MAX_ARGUMENTS),
      })),
    }),
    model_answers_so_far: steps,
    at_most: max_steps,
    tool_calls_done: tool_calls,
  };
}

const DOING = {
  starting: "about to begin",
  thinking: "waiting for the worker's model",
  calling: "running tools",
  ended: "between two attempts",
} as const;

async function resultPart(artifacts: Artifacts, record: TaskRecord, wanted: Wanted) {
  const { id, result = "", result_artifact } = record;
  if (result_artifact === undefined) return told("result", result, wanted);
  // What is in the record is a digest of the file, made to be read first.
  if (isPlain(wanted)) return { result, whole_result_is_artifact: result_artifact };
  const read = await readText(artifacts, id, result_artifact);
  return "error" in read ? read : told("result", read.text, wanted);
}

async function artifactPart(artifacts: Artifacts, id: string, name: string, wanted: Wanted) {
  const read = await readText(artifacts, id, name);
  return "error" in read ? read : { artifact: name, ...told("text", read.text, wanted) };
}

/** The part that is wanted, under a name; where it is not all, with where it stands in the whole. */
function told(
  name: string,
  whole: string,
  { offset = 0, length = DEFAULT_LENGTH, find }: Wanted,
): Record<string, unknown> {
  if (find === undefined) {
    const { text, ...place } = partOf(whole, offset, length);
    const isWhole = place.offset === 0 && place.next_offset === undefined;
    return { [name]: text, ...(isWhole ? {} : { ...place, characters: whole.length }) };
  }
  const { matches, count, single_words } = findIn(whole, find);
  const note = "The words stand nowhere together; these places have one of them.";
  return { matches, found: count, ...(single_words ? { note } : {}), characters: whole.length };
}

async function readText(
  artifacts: Artifacts,
  id: string,
  name: string,
): Promise<{ text: string } | { error: string }> {
  const size = await artifacts.size(id, name);
  if (size === undefined) return { error: `The task has no artifact "${name}".` };
  if (size > MAX_ARTIFACT_BYTES) {
    return { error: `The artifact "${name}" is too large to look into (${size} bytes).` };
  }
  const bytes = await artifacts.read(id, name, MAX_ARTIFACT_BYTES) ?? new Uint8Array();
  const text = new TextDecoder().decode(bytes);
  // No text has this character, and nearly every other file has.
  return text.includes("\0") ? { error: `The artifact "${name}" is no text.` } : { text };
}

async function artifactList(artifacts: Artifacts, { id, result_artifact }: TaskRecord) {
  const names = (await artifacts.list(id)).filter((name) => name !== result_artifact);
  if (names.length === 0) return {};
  const list = await Promise.all(
    names.slice(0, MAX_ARTIFACTS).map(async (name) => ({
      name,
      size_bytes: await artifacts.size(id, name),
    })),
  );
  const more = names.length - list.length;
  return { artifacts: list, ...(more > 0 ? { more_artifacts: more } : {}) };
}

function shortened(text: string, max: number): string {
  const cut = cutAtBreak(text, max);
  return text.length <= max ? cut : `${cut} … (cut from ${text.length} characters)`;
}
