/** Tasks as a table, one a line. */
import type { Activity } from "../task/activity.ts";
import type { Task } from "../task/record.ts";
import { duration } from "./duration.ts";
import { sanitizeLine } from "./sanitize.ts";
import { type Column, renderColumns } from "./table.ts";
import {
  activityText,
  ageText,
  MARKS,
  ranFor,
  shortIds,
  stateText,
  titleOf,
} from "./task_words.ts";
import type { OutputLook } from "./terminal.ts";

/** Columns of a state before it is cut: enough for the longest without its reason. */
const STATE_MIN = 20;
/** Columns of a title before other columns go to make room for it. */
const TITLE_MIN = 24;

interface Row {
  readonly task: Task;
  readonly id: string;
  readonly activity: Activity | undefined;
}

/**
 * Tasks as a table no wider than the terminal; whole, and with whole ids, where there is none.
 *
 * @param now milliseconds since the epoch
 * @param activities what running ones do, by id
 */
export function renderTable(
  tasks: readonly Task[],
  look: OutputLook,
  now: number,
  activities: ReadonlyMap<string, Activity> = new Map(),
): string {
  const ids = tasks.map(({ record }) => sanitizeLine(record.id));
  const shown = look.columns === undefined ? ids : shortIds(ids);
  const rows = tasks.map((task, i) => ({
    task,
    id: shown[i]!,
    activity: activities.get(task.record.id),
  }));
  return renderColumns(rows, columnsFor(tasks, now), look);
}

function columnsFor(tasks: readonly Task[], now: number): Column<Row>[] {
  const conversations = new Set(tasks.map(({ record }) => record.conversation_id));
  return [
    { head: "ID", cell: ({ id }) => id },
    {
      head: "STATE",
      cell: (row) => stateOf(row, now),
      narrow: ({ task }) => MARKS[task.state][0],
      style: ({ task }) => MARKS[task.state][1],
      min: STATE_MIN,
    },
    { head: "AGE", cell: ({ task }) => ageText(task, now) },
    { head: "TOOK", cell: ({ task }) => tookText(task, now), optional: true, rank: 2 },
    { head: "TRIES", cell: ({ task }) => triesText(task), optional: true, rank: 3 },
    {
      head: "CONVERSATION",
      cell: ({ task }) => sanitizeLine(task.record.conversation_id ?? ""),
      rank: 4,
      // It tells nothing apart where all have the same.
      ...(conversations.size > 1 ? {} : { only: "whole" as const }),
    },
    { head: "TITLE", cell: ({ task }) => titleOf(task), min: TITLE_MIN },
  ];
}

function stateOf({ task, activity }: Row, now: number): string {
  const state = stateText(task, now);
  return activity === undefined ? state : `${state}, ${activityText(activity, now)}`;
}

function tookText(task: Task, now: number): string {
  const milliseconds = ranFor(task, now);
  return milliseconds === undefined ? "" : duration(milliseconds);
}

// Nothing where all went well at the first try.
function triesText({ record: { attempt = 1, run = 1, interruptions = 0, attempts } }: Task) {
  if (attempts === undefined && run === 1 && attempt === 1) return "";
  const words = [
    ...(attempt > 1 || run > 1 ? [run > 1 ? `${attempt} (run ${run})` : String(attempt)] : []),
    ...(interruptions > 0 ? [`${interruptions} cut`] : []),
  ];
  return words.join(", ");
}
