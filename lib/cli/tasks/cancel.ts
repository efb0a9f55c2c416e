/** `tasks cancel`: at once what waits, by request what runs. */
import type { Task } from "../../task/record.ts";
import { changeTasks, refused } from "./change_tasks.ts";
import { subcommand } from "./subcommand.ts";

export const cancel = subcommand<{ readonly ids: readonly string[] }>({
  usage: "cancel ID…",
  summary: "Stop tasks that have not ended",
  takes: { what: "tasks", states: ["pending", "running"] },
  flags: [],
  parse: ({ positionals }) => ({ ids: positionals }),
  run: async (options, context) => {
    const { queue } = context.storage;
    return await changeTasks({ ...options, done: "Cancelled" }, context, async (id) => {
      const answer = await queue.cancel(id, context.interrupted);
      if (!answer.ok) return refused(answer, "cancel", whyNotCancelled);
      if (answer.task.record.error?.code === "cancelled") return { task: answer.task };
      const problem = `Cannot cancel task "${id}": it ended first (${answer.task.state})`;
      return { task: answer.task, problem };
    });
  },
});

function whyNotCancelled({ state }: Task): string {
  return `it is ${state}; it has ended already`;
}
