import type { ScheduledTask } from "../conversation/main_tools.ts";
import { shortId } from "./render_task.ts";
import { sanitizeLine, StreamSanitizer } from "./sanitize.ts";
import { styled, type Terminal } from "./terminal.ts";
import { WordWrap } from "./word_wrap.ts";

/**
 * The model's answer as it streams, made safe. What it scheduled and did not name by its id gets a
 * line of its own at the end.
 */
export class AnswerOutput {
  readonly #sanitizer = new StreamSanitizer();
  readonly #wrap: WordWrap;
  #said = "";
  #scheduled: ScheduledTask[] = [];
  #midLine = false;

  constructor(private readonly terminal: Terminal) {
    this.#wrap = new WordWrap(terminal.columns ?? Infinity);
  }

  text(piece: string): void {
    this.#said += piece;
    this.#write(this.#wrap.push(this.#sanitizer.push(piece)));
  }

  endLine(): void {
    this.#write(this.#wrap.push(this.#sanitizer.end()) + this.#wrap.end());
    if (this.#midLine) this.#write("\n");
  }

  scheduled(task: ScheduledTask): void {
    this.#scheduled.push(task);
  }

  /** The answer is over, whole or not; a second call does nothing. */
  end(): void {
    this.endLine();
    for (const { id, title } of this.#scheduled) {
      if (this.#said.includes(shortId(id))) continue;
      const line = `○ ${sanitizeLine(title)} (${shortId(id)})`;
      this.#write(styled(this.terminal, "dim", line) + "\n");
    }
    this.#scheduled = [];
  }

  #write(text: string): void {
    if (text === "") return;
    this.terminal.out(text);
    this.#midLine = !text.endsWith("\n");
  }
}
