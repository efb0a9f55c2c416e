import type { WorkerCommand } from "./commands.ts";
import { serveCommands } from "./serve_commands.ts";
import { Tally } from "./tally.ts";

/** Finishes what runs, and takes no more. */
export type Rest = () => Promise<void>;

/**
 * Does what the bench asks of a worker.
 *
 * @param work starts to take jobs, and resolves when it is ready for them
 */
export async function serveWorker(
  work: (concurrency: number, tally: Tally) => Promise<Rest>,
): Promise<void> {
  let tally = new Tally();
  let rest: Rest = () => Promise.resolve();
  await serveCommands<WorkerCommand>(async (command) => {
    switch (command.do) {
      case "work":
        rest = await work(command.concurrency, tally = new Tally());
        return;
      case "ended":
        return await tally.span(command.count);
      case "starts":
        return tally.starts;
      case "rest":
        return await rest();
    }
  });
}
