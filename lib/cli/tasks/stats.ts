/** `tasks stats`: what many tasks tell together. */
import { type ModelUsage, ModelUsageCollector } from "../../task/model_usage.ts";
import { type Statistics, StatisticsCollector } from "../../task/statistics.ts";
import { EXIT } from "../exit_code.ts";
import { journalOf } from "../journal_of.ts";
import { jsonText } from "../json_text.ts";
import { FILTER_FLAGS, filterOf, type Selection, selectionOf } from "./filter_flags.ts";
import { renderStatistics } from "./render_statistics.ts";
import { subcommand } from "./subcommand.ts";
import type { TasksContext } from "./tasks_context.ts";

interface StatsOptions {
  readonly selection: Selection;
  readonly models: boolean;
}

export const stats = subcommand<StatsOptions>({
  usage: "stats [flags]",
  summary: "Counts, latencies, tokens, by day",
  takes: { what: "nothing" },
  flags: [
    FILTER_FLAGS.since,
    FILTER_FLAGS.until,
    FILTER_FLAGS.conversation,
    { name: "models", help: "Tokens by model too; reads every journal" },
  ],
  parse: (flags) => ({ selection: selectionOf(flags), models: flags.on.has("models") }),
  run: async ({ selection, models, json }, context) => {
    const { terminal } = context;
    const collected = await collect(selection, models, context);
    if (collected === undefined) return EXIT.interrupted;
    terminal.out(
      json
        ? jsonText({ ...collected.statistics, ...(models ? { models: collected.models } : {}) })
        : renderStatistics(collected.statistics, collected.models, terminal),
    );
    return EXIT.ok;
  },
});

interface Collected {
  readonly statistics: Statistics;
  readonly models: readonly ModelUsage[];
}

// One task at a time: what stays of each is a few numbers.
async function collect(
  selection: Selection,
  withModels: boolean,
  { storage, now, interrupted }: TasksContext,
): Promise<Collected | undefined> {
  const statistics = new StatisticsCollector(now());
  const models = new ModelUsageCollector();
  for await (const task of storage.queue.each(filterOf(selection, now()))) {
    if (interrupted.aborted) return undefined;
    statistics.add(task);
    if (withModels) models.add(await journalOf(task, storage.journals));
  }
  return { statistics: statistics.summary(), models: models.summary() };
}
