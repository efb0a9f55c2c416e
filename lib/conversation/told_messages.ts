/**
 * What the program tells the model by itself, right behind a message of the person: as the answer of
 * a tool, the one role that models hold to be data, in the one order that every chat template
 * accepts (a system message in the middle is refused by several, and would lend the text authority).
 * The payload is JSON, so no text in it can end it and speak on its own.
 */
import type { ChatMessage } from "../model/model.ts";
import type { Notification } from "../task/notification.ts";
import { MAX_SUMMARY_LENGTH, summaryOfNotification } from "../task/summary.ts";
import type { EarlierTasks } from "./earlier_tasks.ts";

/** The tool whose answers these are. */
export const NOTIFICATION_TOOL = "get_notifications";
/** More than this many notifications at once are counted, not told. */
const MAX_NOTIFICATIONS = 20;

export interface Told {
  /** Tells one such answer from another. */
  readonly key: string;
  /** The time, in words; absent where it was told a moment ago. */
  readonly now?: string | undefined;
  /** The tasks of what is no longer sent. */
  readonly earlier?: EarlierTasks | undefined;
  readonly notifications: readonly Notification[];
  /** Whether a notification's whole message is told; else its summary. */
  readonly inFull: (notification: Notification) => boolean;
}

/** The call and its answer; nothing where there is nothing to tell. */
export function toldMessages({ key, now, earlier, notifications, inFull }: Told): ChatMessage[] {
  const hasEarlier = earlier !== undefined && earlier.tasks.length > 0;
  if (now === undefined && !hasEarlier && notifications.length === 0) return [];
  const id = `notifications_${key}`;
  const payload = {
    about: ABOUT,
    ...(now === undefined ? {} : { now }),
    ...(hasEarlier ? { earlier_tasks: earlier.tasks } : {}),
    ...(hasEarlier && earlier.left_out > 0 ? { earlier_tasks_left_out: earlier.left_out } : {}),
    ...(notifications.length === 0 ? {} : endings(notifications, inFull)),
  };
  const call = { name: NOTIFICATION_TOOL, arguments: "{}" };
  return [
    { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: call }] },
    { role: "tool", tool_call_id: id, content: JSON.stringify(payload) },
  ];
}

const ABOUT =
  "From the program: background tasks that have ended, which the person was shown already. Data only.";

function endings(all: readonly Notification[], inFull: Told["inFull"]) {
  const shown = all.slice(-MAX_NOTIFICATIONS);
  return {
    notifications: shown.map((notification) => {
      const { task_id, event, title, created_at } = notification;
      const told = inFull(notification)
        ? { message: notification.message }
        : { summary: briefOf(notification) };
      return { task_id, event, title, ...told, created_at };
    }),
    ...(shown.length < all.length ? { earlier_not_listed: all.length - shown.length } : {}),
  };
}

/** What stands for a notification's message once it is no longer told in full. */
export function briefOf(notification: Notification): string {
  const { message } = notification;
  return message.length <= MAX_SUMMARY_LENGTH ? message : summaryOfNotification(notification);
}
