/** Notifications above what is being typed: one by itself, several folded to a line each. */
import { summaryOfNotification } from "../../task/summary.ts";
import type { Notification } from "../../task/notification.ts";
import { markdownLines } from "../markdown/markdown_stream.ts";
import { sanitizeLine } from "../sanitize.ts";
import { cutLine, plainLine, type StyledLine } from "../styled_line.ts";
import { headLine, MARKS, shortId } from "../task_words.ts";
import type { Look } from "../terminal.ts";

/** One by itself is shown whole up to so many lines, and begun beyond. */
const WHOLE_LINES = 12;
const BEGUN_LINES = 8;
/** So many are listed of those that come at once. */
const MAX_LISTED = 20;

/** In less there is room for a title or what it came to, not for both. */
const ONE_LINE_COLUMNS = 60;

/**
 * What has come at once, in as few lines as it takes to know what it is.
 *
 * @param when said behind the number of several
 */
export function notificationLines(
  batch: readonly Notification[],
  look: Look,
  when = "",
): StyledLine[] {
  const [only, ...others] = batch;
  if (only === undefined) return [];
  if (others.length > 0) return folded(batch, look, when);
  const lines = wholeNotification(only, look);
  if (lines.length <= WHOLE_LINES + 1) return lines;
  const hidden = lines.length - 1 - BEGUN_LINES;
  const more = `  … ${hidden} more lines: /task ${shortId(sanitizeLine(only.task_id))}`;
  return [...lines.slice(0, BEGUN_LINES + 1), plainLine(more, "dim")];
}

/** One with all it says. */
export function wholeNotification(
  { event, title, task_id, message }: Notification,
  look: Look,
): StyledLine[] {
  const body = markdownLines(message.trim(), { ...look, columns: look.columns - 2 });
  return [
    headLine(event, title, task_id),
    ...body.map((line) => line.length === 0 ? line : [...plainLine("  "), ...line]),
  ];
}

function folded(batch: readonly Notification[], look: Look, when: string): StyledLine[] {
  const failed = batch.filter(({ event }) => event === "failed").length;
  const [mark, style] = MARKS[failed === batch.length ? "failed" : "completed"];
  const how = failed === 0 ? "" : failed === batch.length ? ", all failed" : `, ${failed} failed`;
  const head = ` ${batch.length} tasks ended${when === "" ? "" : ` ${when}`}${how}`;
  const hidden = batch.length - MAX_LISTED;
  return [
    [...plainLine(mark, style), ...plainLine(head, "bold")],
    ...(hidden > 0 ? [plainLine(`  … ${hidden} earlier ones`, "dim")] : []),
    ...batch.slice(-MAX_LISTED).flatMap((one) => listed(one, look)),
    cutLine(plainLine("  /task ID or /notifications show more", "dim"), look.columns),
  ];
}

function listed(notification: Notification, { columns }: Look): StyledLine[] {
  const { event, title, task_id } = notification;
  const [mark, style] = MARKS[event];
  const summary = sanitizeLine(summaryOfNotification(notification));
  const head = [
    ...plainLine(`  ${mark}`, style),
    ...plainLine(` ${sanitizeLine(title)}`),
    ...id(task_id),
  ];
  if (summary === "") return [cutLine(head, columns)];
  if (columns >= ONE_LINE_COLUMNS) {
    return [cutLine([...head, ...plainLine(`: ${summary}`)], columns)];
  }
  return [cutLine(head, columns), cutLine(plainLine(`    ${summary}`), columns)];
}

function id(task_id: string): StyledLine {
  return plainLine(` (${shortId(sanitizeLine(task_id))})`, "dim");
}
