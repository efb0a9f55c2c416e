import { configure, type LogRecord, reset } from "@logtape/logtape";

/** What the parts log while a test runs, in place of where it would go. */
export class CapturedLog implements AsyncDisposable {
  readonly #records: LogRecord[] = [];

  private constructor() {}

  /** From now on, until it is disposed of; one at a time in a test file. */
  static async start(): Promise<CapturedLog> {
    const log = new CapturedLog();
    await configure({
      sinks: { kept: (record) => void log.#records.push(record) },
      loggers: [
        { category: "bts", lowestLevel: "debug", sinks: ["kept"] },
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["kept"] },
      ],
    });
    return log;
  }

  /** The lines so far, each as `level: text`. */
  get lines(): string[] {
    return this.#records.map(({ level, message }) => `${level}: ${message.map(wordOf).join("")}`);
  }

  /** The lines with a text in them. */
  about(text: string): string[] {
    return this.lines.filter((line) => line.includes(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await reset();
  }
}

function wordOf(part: unknown): string {
  return part instanceof Error ? part.message : String(part);
}
