import type { WorkerCommand } from "./commands.ts";
import { serveCommands } from "./serve_commands.ts";
import { Tally } from "./tally.ts";

/** A worker that takes jobs. */
export interface Working {
  /** Finishes what runs, and takes no more. */
  rest(): Promise<void>;
  /** Resolves when all that has ended is also written, for a queue that says the first before. */
  settled?(): Promise<void>;
}

/**
 * Does what the bench asks of a worker.
 *
 * @param work starts to take jobs, and resolves when it is ready for them
 */
export async function serveWorker(
  work: (concurrency: number, tally: Tally) => Promise<Working>,
): Promise<never> {
  let tally = new Tally();
  let working: Working | undefined;
  return await serveCommands<WorkerCommand>(async (command) => {
    switch (command.do) {
      case "work":
        working = await work(command.concurrency, tally = new Tally());
        return;
      case "ended":
        return await tally.span(command.count, working?.settled);
      case "starts":
        return tally.starts;
      case "rest":
        return await working?.rest();
    }
  });
}
