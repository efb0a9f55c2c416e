/** The chat at a terminal. */
import type { Conversation, TurnResult } from "../conversation/conversation.ts";
import { AnswerOutput } from "./answer_output.ts";
import { isChatCommand, runChatCommand } from "./chat_commands.ts";
import { errorLine, EXIT } from "./exit_code.ts";
import type { Interrupts } from "./interrupts.ts";
import { LineEditor } from "./line_editor.ts";
import { type ChatParts, NO_SERVICE, openConversation, openingHints } from "./open_conversation.ts";
import type { ChatCommand } from "./parse_main_args.ts";
import { renderNotification } from "./render_task.ts";
import { sanitizeLine } from "./sanitize.ts";
import { ShownNotifications } from "./shown_notifications.ts";
import { type Style, styled, type Terminal } from "./terminal.ts";
import type { Warnings } from "./warnings.ts";
import { wrapWords } from "./word_wrap.ts";

export interface ChatOptions {
  readonly parts: ChatParts;
  readonly command: ChatCommand;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly warnings: Warnings;
}

const PROMPT = "> ";

/** Chats until the person leaves and gives the program's exit code. */
export async function runChat(options: ChatOptions): Promise<number> {
  let { conversation, newest }: Pick<ChatCommand, "conversation" | "newest"> = options.command;
  for (;;) {
    const opened = await openConversation(options.parts, { conversation, newest });
    const chat = new Chat(options, opened);
    const ending = await chat.run();
    if (ending !== "new_conversation") return ending;
    conversation = undefined;
    newest = false;
  }
}

class Chat {
  readonly #editor: LineEditor;
  readonly #shown: ShownNotifications;
  readonly #terminal: Terminal;
  /** Resolves when nothing else writes to the terminal. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ChatOptions, private readonly conversation: Conversation) {
    this.#terminal = options.terminal;
    this.#editor = new LineEditor({
      terminal: options.terminal,
      prompt: PROMPT,
      history: conversation.questions.map((text) => text.replace(/\s+/g, " ")).reverse(),
      capable: options.parts.config.capable_terminal && options.terminal.columns !== undefined,
    });
    options.interrupts.handle(() => this.#editor.interrupt());
    options.warnings.redirect((line) => {
      void this.#whenIdle(() => this.#editor.printAbove(this.#styled("yellow", line)));
    });
    this.#shown = new ShownNotifications(
      conversation,
      options.parts.storage.notifications,
      (notification) =>
        this.#whenIdle(() => {
          this.#editor.printAbove(renderNotification(notification, this.#terminal));
        }),
    );
  }

  async run(): Promise<number | "new_conversation"> {
    try {
      await this.#greet();
      this.#shown.watch();
      return await this.#loop();
    } finally {
      this.#editor.close();
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
    for (const line of lines) this.#note(line);
  }

  async #loop(): Promise<number | "new_conversation"> {
    for (;;) {
      const event = await this.#editor.next();
      if (event.kind !== "line") return await this.#leave(event.kind);
      const text = event.text.trim();
      if (text === "") continue;
      const after = isChatCommand(text) ? await this.#command(text) : await this.#turn(text);
      if (after === "quit") return await this.#leave("end");
      if (after === "new_conversation") return after;
    }
  }

  // A failure costs the line that was typed, never the chat.
  async #busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const stop = new AbortController();
    const running = this.#editor.whileBusy(() => stop.abort(), () => work(stop.signal));
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

  #command(line: string) {
    const { storage } = this.options.parts;
    const conversation_id = this.conversation.id;
    const shown = this.#shown.all;
    return this.#busy((signal) =>
      runChatCommand(line, {
        storage,
        conversation_id,
        shown,
        terminal: this.#terminal,
        now: Date.now,
        signal,
      })
    );
  }

  async #turn(text: string): Promise<undefined> {
    await this.#busy(async (signal) => {
      const output = new AnswerOutput(this.#terminal);
      try {
        const result = await this.conversation.send(text, {
          signal,
          onText: (piece) => output.text(piece),
          onStep: () => output.endLine(),
          onScheduled: (task) => output.scheduled(task),
        });
        output.end();
        this.#explain(result);
        if (result.tasks.length > 0 && !await this.conversation.serviceRuns()) {
          this.#note(NO_SERVICE);
        }
      } finally {
        output.end();
      }
    });
    // Turns are told apart at a glance.
    this.#terminal.out("\n");
  }

  #explain(result: TurnResult): void {
    if (result.kind === "stopped") this.#note("(stopped)");
    if (result.kind === "failed") this.#error(`error: ${sanitizeLine(result.failure.message)}`);
  }

  #note(line: string): void {
    this.#terminal.err(this.#styled("dim", line) + "\n");
  }

  #error(line: string): void {
    this.#terminal.err(this.#styled("red", line) + "\n");
  }

  #styled(style: Style, line: string): string {
    return styled(this.#terminal, style, wrapWords(line, this.#terminal.columns));
  }

  async #leave(how: "interrupt" | "end"): Promise<number> {
    this.#terminal.out("\n");
    const open = await this.options.parts.storage.queue.list({
      conversation_id: this.conversation.id,
      states: ["pending", "running"],
      limit: 1_000,
    });
    if (open.length > 0) {
      const tasks = open.length === 1 ? "1 task keeps" : `${open.length} tasks keep`;
      this.#note(
        `${tasks} running in the background; back with --conversation ${this.conversation.id}`,
      );
    }
    return how === "interrupt" ? EXIT.interrupted : EXIT.ok;
  }
}
