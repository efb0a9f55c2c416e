/** What the parts of main warn of (a file skipped, a watch renewed), one line each. */
import { configure, type LogRecord } from "@logtape/logtape";
import { sanitizeLine } from "./sanitize.ts";

/** Where warnings go at the moment; the chat shows them above the line being typed. */
export class Warnings {
  constructor(private show: (line: string) => void) {}

  /** From now on they go there. */
  redirect(show: (line: string) => void): void {
    this.show = show;
  }

  /** Called once in a process, by its entry. */
  async listen(): Promise<void> {
    const sink = (record: LogRecord) => this.show(lineOf(record));
    await configure({
      sinks: { sink },
      loggers: [
        { category: "bts", lowestLevel: "warning", sinks: ["sink"] },
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["sink"] },
      ],
    });
  }
}

function lineOf({ level, message }: LogRecord): string {
  const text = message.map((part) => part instanceof Error ? part.message : String(part)).join("");
  return `${level}: ${sanitizeLine(text)}`;
}
