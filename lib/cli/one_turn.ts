/** One turn and out: `--message`, or text on standard input; with `--wait` until its tasks ended. */
import type { Conversation, TurnResult } from "../conversation/conversation.ts";
import type { ScheduledTask } from "../conversation/main_tools.ts";
import type { Notification } from "../task/notification.ts";
import { type AnswerOutput, MarkdownAnswer, PlainAnswer } from "./chat/answer_output.ts";
import { wholeNotification } from "./chat/notification_lines.ts";
import { EXIT } from "./exit_code.ts";
import { jsonText } from "./json_text.ts";
import { type ChatParts, openConversation, openingHints } from "./open_conversation.ts";
import type { ChatCommand } from "./parse_main_args.ts";
import { renderNotification } from "./render_task.ts";
import { sanitizeLine } from "./sanitize.ts";
import { isLive } from "./screen/is_live.ts";
import { LiveView } from "./screen/live_view.ts";
import { ShownNotifications } from "./chat/shown_notifications.ts";
import { paintLines } from "./styled_line.ts";
import { lookOf, type Terminal } from "./terminal.ts";
import { withDeadline } from "./with_deadline.ts";
import { endedCode } from "./ended_code.ts";

export interface OneTurn {
  readonly parts: ChatParts;
  readonly command: ChatCommand;
  readonly message: string;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** Runs the turn and gives the program's exit code. */
export async function runOneTurn(options: OneTurn): Promise<number> {
  const { parts, command, terminal } = options;
  const conversation = await openConversation(parts, command);
  const view = !command.json && isLive(terminal, parts.config) ? new LiveView(terminal) : undefined;
  const shown = new ShownNotifications(
    conversation,
    parts.storage.notifications,
    (batch) => batch.forEach((notification) => show(notification, view, options)),
  );
  if (command.json) shown.hold();
  try {
    for (const hint of await openingHints(conversation, parts)) terminal.err(hint + "\n");
    await shown.catchUp();
    return await runTurn(conversation, { shown, view }, options);
  } finally {
    await shown.close();
    await conversation.close();
    view?.close();
  }
}

/** Where what comes of the turn is shown. */
interface Shown {
  readonly shown: ShownNotifications;
  /** Absent where nothing can be changed once it is written, or nobody looks. */
  readonly view: LiveView | undefined;
}

function show(notification: Notification, view: LiveView | undefined, options: OneTurn): void {
  const { command, terminal } = options;
  if (command.json) return;
  if (view === undefined) return terminal.out(renderNotification(notification, terminal));
  view.print(paintLines(wholeNotification(notification, lookOf(terminal)), terminal));
}

/** What has come of the turn by now, for the report. */
interface Outcome {
  reply: string;
  readonly tasks: ScheduledTask[];
}

async function runTurn(
  conversation: Conversation,
  { shown, view }: Shown,
  options: OneTurn,
): Promise<number> {
  const { command, terminal } = options;
  const outcome: Outcome = { reply: "", tasks: [] };
  let answered = false;
  try {
    const result = await answer(conversation, outcome, view, options);
    if (result.kind !== "failed") outcome.reply = result.reply;
    answered = result.kind === "answered";
    const failed = endingCode(result, terminal);
    if (failed !== undefined || command.wait === undefined) return failed ?? EXIT.ok;
    return await waitFor(result, { shown, view }, options);
  } finally {
    // However it ended, what was scheduled stays scheduled: who is not told schedules it again.
    if (command.json) await printJson(conversation, outcome, shown, options);
    else if (!answered) printScheduled(outcome, terminal);
  }
}

function printScheduled({ tasks }: Outcome, terminal: Terminal): void {
  for (const { id, title } of tasks) {
    terminal.err(`scheduled all the same: ${sanitizeLine(title)} (${id})\n`);
  }
}

async function answer(
  conversation: Conversation,
  { tasks }: Outcome,
  view: LiveView | undefined,
  options: OneTurn,
): Promise<TurnResult> {
  const { interrupted, message } = options;
  const output = answerOutput(view, options);
  try {
    return await conversation.send(message, {
      signal: interrupted,
      onText: (piece) => output?.text(piece),
      onStep: () => output?.step(),
      onScheduled: (task) => tasks.push(task),
      onCall: (name) => output?.calling(name),
      onRetry: (wait_ms) => output?.waiting(wait_ms),
    });
  } finally {
    output?.end();
  }
}

function answerOutput(
  view: LiveView | undefined,
  { command, terminal }: OneTurn,
): AnswerOutput | undefined {
  if (command.json) return undefined;
  return view === undefined ? new PlainAnswer(terminal) : new MarkdownAnswer(view, terminal);
}

function endingCode(result: TurnResult, terminal: Terminal): number | undefined {
  if (result.kind === "stopped") return EXIT.interrupted;
  if (result.kind === "answered") return undefined;
  terminal.err(`error: ${sanitizeLine(result.failure.message)}\n`);
  return result.failure.configuration ? EXIT.config : EXIT.failed;
}

async function waitFor(
  result: TurnResult,
  { shown, view }: Shown,
  { parts, terminal, interrupted, command }: OneTurn,
): Promise<number> {
  const seconds = command.wait?.seconds;
  const signal = withDeadline(interrupted, seconds);
  shown.watch();
  showWaiting(result, view);
  const { queue } = parts.storage;
  const ended = await Promise.all(result.tasks.map(({ id }) => queue.ended(id, signal)));
  const tasks = ended.filter((task) => task !== undefined);
  // A notification is published before its task ends: what the watch has not seen yet is there.
  await shown.catchUp();
  view?.close();
  if (interrupted.aborted) return EXIT.interrupted;
  if (tasks.length < ended.length) {
    terminal.err(`error: Waited ${seconds} s, and not every task has ended; they go on\n`);
    return EXIT.timedOut;
  }
  return endedCode(tasks);
}

function showWaiting({ tasks }: TurnResult, view: LiveView | undefined): void {
  const since = performance.now();
  const what = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
  view?.show(undefined, () => {
    const seconds = Math.floor((performance.now() - since) / 1000);
    return `waiting for ${what}, ${seconds}s · Ctrl-C stops waiting, the work goes on`;
  });
}

async function printJson(
  conversation: Conversation,
  outcome: Outcome,
  shown: ShownNotifications,
  { parts, terminal }: OneTurn,
): Promise<void> {
  const tasks = await Promise.all(outcome.tasks.map(async ({ id, title, state }) => {
    const task = await parts.storage.queue.get(id);
    return { id, title, state: task?.state ?? state };
  }));
  const notifications: readonly Notification[] = shown.all;
  const { reply } = outcome;
  terminal.out(jsonText({ conversation_id: conversation.id, reply, tasks, notifications }));
  if (!terminal.gone) shown.release();
}
