/** The model's answer as it streams. */
import type { ScheduledTask } from "../../conversation/main_tools.ts";
import { duration } from "../duration.ts";
import { MarkdownStream } from "../markdown/markdown_stream.ts";
import { sanitizeLine, StreamSanitizer } from "../sanitize.ts";
import type { LiveOutput } from "../screen/live_view.ts";
import { paintLines, type StyledLine } from "../styled_line.ts";
import { shortId } from "../task_words.ts";
import { lookOf, styled, type Terminal } from "../terminal.ts";
import { WordWrap } from "../word_wrap.ts";

/** What a turn tells of its answer; see `TurnOptions`. */
export interface AnswerOutput {
  text(piece: string): void;
  /** An answer of the model is over; its tools, or another answer, come next. */
  step(): void;
  /** One of main's tools is at work. */
  calling(name: string): void;
  /** The model did not answer and is asked again after so many milliseconds. */
  waiting(milliseconds: number): void;
  scheduled(task: ScheduledTask): void;
  /** It is over, whole or not; a second call does nothing. */
  end(): void;
}

/** A line for each task that was scheduled and that the answer does not name by its id. */
class ScheduledLines {
  #said = "";
  #scheduled: ScheduledTask[] = [];

  text(piece: string): void {
    this.#said += piece;
  }

  scheduled(task: ScheduledTask): void {
    this.#scheduled.push(task);
  }

  take(terminal: Terminal): string {
    const unnamed = this.#scheduled.filter(({ id }) => !this.#said.includes(shortId(id)));
    this.#scheduled = [];
    return unnamed.map(({ id, title }) =>
      styled(terminal, "dim", `○ ${sanitizeLine(title)} (${shortId(id)})`) + "\n"
    ).join("");
  }
}

/** As it comes, words whole: for a pipe, or a terminal that cannot change what it shows. */
export class PlainAnswer implements AnswerOutput {
  readonly #sanitizer = new StreamSanitizer();
  readonly #wrap: WordWrap;
  readonly #tasks = new ScheduledLines();
  #midLine = false;

  constructor(private readonly terminal: Terminal) {
    this.#wrap = new WordWrap(terminal.columns ?? Infinity);
  }

  text(piece: string): void {
    this.#tasks.text(piece);
    this.#write(this.#wrap.push(this.#sanitizer.push(piece)));
  }

  step(): void {
    this.#write(this.#wrap.push(this.#sanitizer.end()) + this.#wrap.end());
    if (this.#midLine) this.#write("\n");
  }

  calling(): void {}

  waiting(): void {}

  scheduled(task: ScheduledTask): void {
    this.#tasks.scheduled(task);
  }

  end(): void {
    this.step();
    this.#write(this.#tasks.take(this.terminal));
  }

  #write(text: string): void {
    if (text === "") return;
    this.terminal.out(text);
    this.#midLine = !text.endsWith("\n");
  }
}

/** A stream is said to have stopped after so long, in milliseconds. */
const QUIET_MS = 3_000;
/** A picture of what is not whole yet costs at most this part of the time. */
const RENDERING_SHARE = 5;

/**
 * Markdown, rendered: what is whole is printed for good, what is not stands below it and changes.
 * While nothing comes a line tells what goes on.
 */
export class MarkdownAnswer implements AnswerOutput {
  readonly #tasks = new ScheduledLines();
  #stream: MarkdownStream;
  /** What is not whole yet, as it stands; absent where something has come since. */
  #unfinished: readonly StyledLine[] | undefined;
  /** As it was when it was rendered last. */
  #last: readonly StyledLine[] | undefined;
  #renderedAt = -Infinity;
  #cost = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #textAt = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly output: LiveOutput,
    private readonly terminal: Terminal,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#stream = this.#newStream();
    this.#tell("thinking…");
  }

  text(piece: string): void {
    this.#tasks.text(piece);
    this.#textAt = this.now();
    this.#print(this.#stream.push(piece));
    this.#unfinished = undefined;
    this.#showLines();
  }

  step(): void {
    this.#finish();
    this.#tell("thinking…");
  }

  calling(name: string): void {
    this.#tell(`calling ${sanitizeLine(name)}…`);
  }

  waiting(milliseconds: number): void {
    const at = this.now() + milliseconds;
    this.#show(() => {
      const left = Math.max(0, Math.ceil((at - this.now()) / 1000));
      return left === 0 ? "asking again…" : `no answer, asking again in ${left} s…`;
    });
  }

  scheduled(task: ScheduledTask): void {
    this.#tasks.scheduled(task);
  }

  end(): void {
    this.#finish();
    this.output.show();
    const tasks = this.#tasks.take(this.terminal);
    if (tasks !== "") this.output.print(tasks);
  }

  #tell(what: string): void {
    const since = this.now();
    this.#show(() => {
      const passed = Math.floor((this.now() - since) / 1000);
      return passed === 0 ? what : `${what} ${duration(passed * 1000).replace(".0", "")}`;
    });
  }

  #show(status: () => string): void {
    this.output.show(undefined, () => `${status()} · Ctrl-C stops`);
  }

  #quiet(): string | undefined {
    const quiet = this.now() - this.#textAt;
    if (quiet < QUIET_MS) return undefined;
    return `nothing more for ${Math.floor(quiet / 1000)}s… · Ctrl-C stops`;
  }

  // What streams fast is not rendered for every piece, and a costly block more seldom.
  #lines(): readonly StyledLine[] {
    const begun = this.now();
    if (this.#unfinished !== undefined) return this.#unfinished;
    const wait = this.#renderedAt + this.#cost * RENDERING_SHARE - begun;
    if (this.#last !== undefined && wait > 0) {
      this.#later ??= setTimeout(() => this.#showLines(), wait);
      return this.#last;
    }
    this.#last = this.#unfinished = this.#stream.unfinished();
    this.#renderedAt = this.now();
    this.#cost = this.#renderedAt - begun;
    return this.#last;
  }

  #finish(): void {
    const rest = this.#stream.end();
    // Before it is printed, so that nothing is to be seen twice.
    this.#forget();
    this.#print(rest);
    this.#stream = this.#newStream();
  }

  #print(lines: readonly StyledLine[]): void {
    if (lines.length === 0) return;
    this.#forget();
    this.#showLines();
    this.output.print(paintLines(lines, this.terminal));
  }

  #showLines(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.output.show(() => this.#lines(), () => this.#quiet());
  }

  #forget(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#unfinished = undefined;
    this.#last = undefined;
  }

  #newStream(): MarkdownStream {
    const { terminal } = this;
    return new MarkdownStream(() => lookOf(terminal));
  }
}
