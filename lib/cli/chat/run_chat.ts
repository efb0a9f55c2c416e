/** The chat at a terminal. */
import { join } from "@std/path";
import type { Conversation, TurnResult } from "../../conversation/conversation.ts";
import { sleep } from "../../sleep.ts";
import type { Notification } from "../../task/notification.ts";
import { HistoryFile } from "../editor/history_file.ts";
import { InputHistory } from "../editor/input_history.ts";
import { errorLine, EXIT } from "../exit_code.ts";
import type { Interrupts } from "../interrupts.ts";
import { NO_SERVICE } from "../no_service.ts";
import { type ChatParts, openConversation, openingHints } from "../open_conversation.ts";
import type { ChatCommand } from "../parse_main_args.ts";
import { sanitizeLine } from "../sanitize.ts";
import type { ChatConsole } from "../screen/chat_console.ts";
import { isLive } from "../screen/is_live.ts";
import { PlainConsole } from "../screen/plain_console.ts";
import { ScreenConsole } from "../screen/screen_console.ts";
import { paintLines } from "../styled_line.ts";
import { type Look, lookOf, type Style, styled, type Terminal } from "../terminal.ts";
import type { Warnings } from "../warnings.ts";
import { wrapWords } from "../word_wrap.ts";
import { type AnswerOutput, MarkdownAnswer, PlainAnswer } from "./answer_output.ts";
import { isChatCommand, runChatCommand } from "./chat_commands.ts";
import { chatCompleter } from "./chat_completer.ts";
import { notificationLines } from "./notification_lines.ts";
import { ShownNotifications } from "./shown_notifications.ts";

export interface ChatOptions {
  readonly parts: ChatParts;
  readonly command: ChatCommand;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly warnings: Warnings;
  /** Aborted when the process is told to end: the chat is left. */
  readonly ending?: AbortSignal;
  /** The background service ends with the chat, and its end tells what becomes of the tasks. */
  readonly ends_service?: boolean;
}

const PROMPT = "> ";

/** A notification that comes within this time after others waits as long for more, milliseconds. */
const GATHER_MS = 300;

/** Chats until the person leaves and gives the program's exit code. */
export async function runChat(options: ChatOptions): Promise<number> {
  let { conversation, newest }: Pick<ChatCommand, "conversation" | "newest"> = options.command;
  let opened = await openConversation(options.parts, { conversation, newest });
  const { disk, layout } = options.parts.storage;
  const path = join(layout.root, "history.jsonl");
  const history = new HistoryFile({ disk, path, pause: sleep });
  const chatConsole = openConsole(options, await history.load(), history, opened);
  closeAtEnd(chatConsole, options.ending);
  try {
    for (;;) {
      const ending = await new Chat(options, opened, chatConsole).run();
      if (ending !== "new_conversation") return ending;
      conversation = undefined;
      newest = false;
      opened = await openConversation(options.parts, { conversation, newest });
    }
  } finally {
    chatConsole.close();
    await history.idle();
  }
}

function openConsole(
  { parts, terminal, interrupts }: ChatOptions,
  typed: readonly string[],
  file: HistoryFile,
  { questions }: Conversation,
): ChatConsole {
  const onTyped = (text: string) => file.add(text);
  // What was said in this conversation before there was a history comes first.
  const known = new Set(typed);
  const history = new InputHistory([...questions.filter((text) => !known.has(text)), ...typed]);
  const options = { terminal, prompt: PROMPT, onTyped };
  const opened = isLive(terminal, parts.config)
    ? new ScreenConsole({ ...options, history })
    : new PlainConsole(options);
  interrupts.handle(() => opened.interrupt());
  return opened;
}

function closeAtEnd(opened: ChatConsole, ending: AbortSignal | undefined): void {
  const close = () => {
    try {
      opened.interrupt();
      opened.close();
    } catch {
      // The terminal is gone: that may be why this is the end.
    }
  };
  if (ending?.aborted) close();
  ending?.addEventListener("abort", close, { once: true });
}

class Chat {
  readonly #shown: ShownNotifications;
  /** When notifications were shown last, by `performance.now()`. */
  #notifiedAt = -Infinity;
  readonly #terminal: Terminal;
  readonly #closing = new AbortController();
  /** Resolves when nothing else writes to the terminal. */
  #idle: Promise<unknown> = Promise.resolve();
  /** Set while what is shown has come before the chat was opened. */
  #when = "";

  constructor(
    private readonly options: ChatOptions,
    private readonly conversation: Conversation,
    private readonly console: ChatConsole,
  ) {
    this.#terminal = options.terminal;
    const { storage } = options.parts;
    options.warnings.redirect((line) => {
      void this.#whenIdle(() => this.console.print(this.#styled("yellow", line)));
    });
    this.console.completeBy(chatCompleter({ storage, conversation_id: conversation.id }));
    this.#shown = new ShownNotifications(
      conversation,
      storage.notifications,
      (batch) => this.#whenIdle(() => this.#notify(batch)),
      (round) => this.#gather(round),
    );
  }

  async run(): Promise<number | "new_conversation"> {
    try {
      await this.#greet();
      this.#when = "while you were away";
      await this.#shown.catchUp();
      this.#when = "";
      this.#shown.watch();
      return await this.#loop();
    } finally {
      this.#closing.abort();
      await this.#shown.close();
      await this.conversation.close();
    }
  }

  async #greet(): Promise<void> {
    const { parts } = this.options;
    const resumed = this.conversation.questions.length > 0 ? "continued" : "new";
    const lines = [
      `Conversation ${this.conversation.id} (${resumed}), model ${parts.model.name}. /help lists commands.`,
      ...await openingHints(this.conversation, parts),
    ];
    this.console.print(lines.map((line) => this.#styled("dim", line)).join("\n"), "err");
  }

  async #loop(): Promise<number | "new_conversation"> {
    for (;;) {
      const event = await this.console.next();
      if (event.kind !== "line") return await this.#leave(event.kind);
      const text = event.text.trim();
      if (text === "") continue;
      const after = isChatCommand(text) ? await this.#command(text) : await this.#turn(text);
      if (after === "quit") return await this.#leave("end");
      if (after === "new_conversation") return after;
    }
  }

  // A failure costs the line that was typed, never the chat.
  async #busy<T>(
    work: (signal: AbortSignal, seen_enough: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const stop = new AbortController();
    const sent = new AbortController();
    const running = this.console.busy(
      { onInterrupt: () => stop.abort(), onLine: () => sent.abort() },
      () => work(stop.signal, AbortSignal.any([stop.signal, sent.signal])),
    );
    this.#idle = running.catch(() => {});
    try {
      return await running;
    } catch (error) {
      this.#error(errorLine(error));
      return undefined;
    }
  }

  async #whenIdle(show: () => void): Promise<void> {
    let idle;
    do {
      idle = this.#idle;
      await idle;
    } while (idle !== this.#idle);
    show();
  }

  // The first one after a quiet time is seen at once. Where it turns out not to be the only one,
  // and close behind others, more are waited for.
  async #gather(round: number): Promise<void> {
    const isQuiet = performance.now() - this.#notifiedAt > GATHER_MS;
    if (round > 1 || !isQuiet) await sleep(GATHER_MS, this.#closing.signal);
    await this.#whenIdle(() => {});
  }

  #notify(batch: readonly Notification[]): void {
    this.#notifiedAt = performance.now();
    const lines = notificationLines(batch, this.#look, this.#when);
    this.console.print(paintLines(lines, this.#terminal));
  }

  get #look(): Look {
    return lookOf(this.#terminal);
  }

  #command(line: string) {
    const { storage } = this.options.parts;
    return this.#busy(async (signal, seen_enough) => {
      const after = await runChatCommand(line, {
        storage,
        conversation_id: this.conversation.id,
        shown: this.#shown.all,
        onCovered: (id) => this.#shown.cover(id),
        output: this.console,
        look: this.#look,
        now: Date.now,
        signal,
        seen_enough,
      });
      if (after === "go_on") this.console.print("\n");
      return after;
    });
  }

  async #turn(text: string): Promise<undefined> {
    await this.#busy(async (signal) => {
      const output = this.#answerOutput();
      try {
        const result = await this.conversation.send(text, {
          signal,
          onText: (piece) => output.text(piece),
          onStep: () => output.step(),
          onScheduled: (task) => output.scheduled(task),
          onCall: (name) => output.calling(name),
          onRetry: (wait_ms) => output.waiting(wait_ms),
        });
        output.end();
        this.#explain(result);
        if (result.tasks.length > 0 && !await this.conversation.serviceRuns()) {
          this.#note(NO_SERVICE);
        }
      } finally {
        output.end();
        // Turns are told apart at a glance.
        this.console.print("\n");
      }
    });
  }

  #answerOutput(): AnswerOutput {
    return this.console.live
      ? new MarkdownAnswer(this.console, this.#terminal)
      : new PlainAnswer(this.#terminal);
  }

  #explain(result: TurnResult): void {
    if (result.kind === "stopped") this.#note("(stopped)");
    if (result.kind === "failed") this.#error(`error: ${sanitizeLine(result.failure.message)}`);
  }

  #note(line: string): void {
    this.console.print(this.#styled("dim", line), "err");
  }

  #error(line: string): void {
    this.console.print(this.#styled("red", line), "err");
  }

  #styled(style: Style, line: string): string {
    return styled(this.#terminal, style, wrapWords(line, this.#terminal.columns));
  }

  async #leave(how: "interrupt" | "end"): Promise<number> {
    const open = await this.options.parts.storage.queue.list({
      conversation_id: this.conversation.id,
      states: ["pending", "running"],
      limit: 1_000,
    });
    this.console.close();
    if (!this.console.live) this.#terminal.out("\n");
    if (open.length > 0) {
      this.#terminal.err(this.#styled("dim", await this.#farewell(open.length)) + "\n");
    }
    return how === "interrupt" ? EXIT.interrupted : EXIT.ok;
  }
  async #farewell(open: number): Promise<string> {
    const back = `back with --conversation ${this.conversation.id}`;
    if (this.options.ends_service) return `This conversation has open tasks; ${back}`;
    if (await this.conversation.serviceRuns()) {
      return `${
        open === 1 ? "1 task keeps" : `${open} tasks keep`
      } running in the background; ${back}`;
    }
    return `${open === 1 ? "1 task waits" : `${open} tasks wait`} until a service runs; ${back}`;
  }
}
