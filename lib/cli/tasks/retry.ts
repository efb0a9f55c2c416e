/** `tasks retry`: from where the run stopped, or from the beginning. */
import { whyNotRetried } from "../why_not_retried.ts";
import { changeTasks, refused } from "./change_tasks.ts";
import { subcommand } from "./subcommand.ts";

export const retry = subcommand<{ readonly ids: readonly string[]; readonly fresh: boolean }>({
  usage: "retry ID… [--fresh]",
  summary: "Run failed tasks again, from where they stopped",
  takes: { what: "tasks", states: ["failed", "completed"] },
  flags: [{ name: "fresh", help: "From the beginning, without the journal; completed ones too" }],
  parse: ({ positionals, on }) => ({ ids: positionals, fresh: on.has("fresh") }),
  run: async (options, context) => {
    const { fresh } = options;
    const changing = { ...options, done: "Sent back to pending:" };
    return await changeTasks(changing, context, async (id) => {
      const { queue, upkeep } = context.storage;
      const answer = await queue.retry(id, { fresh });
      if (answer.ok) return { task: answer.task };
      const original = upkeep.originalOf(id);
      return refused(answer, "retry", (task) => whyNotRetried(task, fresh, original));
    });
  },
});
