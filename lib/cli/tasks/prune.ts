/** `tasks prune`: removes ended tasks with all that belongs to them; says first what would go. */
import type { TerminalState } from "../../task/record.ts";
import { complain } from "../complain.ts";
import { byteText } from "../../byte_text.ts";
import { EXIT } from "../exit_code.ts";
import { jsonText } from "../json_text.ts";
import { type Flags, idOf, wholeNumberOf } from "../parse_flags.ts";
import { UsageError } from "../usage_error.ts";
import { FILTER_FLAGS, statesOf } from "./filter_flags.ts";
import { durationOf } from "./moment.ts";
import {
  type Doomed,
  type Kept,
  type KeptReason,
  planPrune,
  type PruneRules,
} from "./prune_plan.ts";
import { pruneSlowly } from "./prune_slowly.ts";
import { subcommand } from "./subcommand.ts";

interface PruneOptions {
  readonly rules: PruneRules;
  /** Really; else it only says what would go. */
  readonly yes: boolean;
}

const ENDED: readonly TerminalState[] = ["completed", "failed"];

export const prune = subcommand<PruneOptions>({
  usage: "prune --older-than AGE | --keep N [flags]",
  summary: "Remove ended tasks and all that belongs to them",
  details: "Without --yes it only says which, and removes nothing.\n" +
    "With both --older-than and --keep only what both let go goes. What a conversation has\n" +
    "not been told yet stays.",
  takes: { what: "nothing" },
  flags: [
    { name: "older-than", value: "AGE", help: "Those that ended so long ago: 12h, 30d, 8w" },
    { name: "keep", value: "N", help: "All but the N that ended last" },
    {
      name: "state",
      value: "STATES",
      choices: ENDED,
      help: "Only completed or failed ones (both)",
    },
    FILTER_FLAGS.conversation,
    { name: "unread", help: "Also those whose notification nobody has seen" },
    { name: "yes", help: "Do it" },
  ],
  parse: (flags) => ({ rules: rulesOf(flags), yes: flags.on.has("yes") }),
  run: async ({ rules, yes, json }, context) => {
    const { terminal, interrupted } = context;
    const plan = await planPrune(rules, context);
    if (interrupted.aborted) return EXIT.interrupted;
    const done = yes
      ? await pruneSlowly(plan.doomed, rules, context)
      : { pruned: plan.doomed, kept: {}, problems: [] };
    const kept = added(plan.kept, done.kept);
    const outcome = { pruned: done.pruned, kept, dry_run: !yes };
    terminal.out(json ? jsonText(asJson(outcome)) : asText(outcome, plan.doomed.length));
    for (const problem of done.problems) complain(context, problem);
    return done.problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
});

function rulesOf({ values, on }: Flags): PruneRules {
  const { conversation, keep, state } = values;
  const age = values["older-than"];
  if (age === undefined && keep === undefined) {
    throw new UsageError("Say which tasks may go: --older-than 30d, --keep N, or both; see --help");
  }
  return {
    states: state === undefined ? ENDED : statesOf(state, ENDED),
    unread: on.has("unread"),
    ...(age === undefined ? {} : { older_than_ms: durationOf("older-than", age) }),
    ...(keep === undefined ? {} : { keep: wholeNumberOf("keep", keep, 0, 1_000_000_000) }),
    ...(conversation === undefined ? {} : { conversation_id: idOf("conversation", conversation) }),
  };
}

interface Outcome {
  readonly pruned: readonly Doomed[];
  readonly kept: Kept;
  readonly dry_run: boolean;
}

function added(a: Kept, b: Kept): Kept {
  const sum: Kept = { ...a };
  for (const [reason, count] of Object.entries(b)) {
    sum[reason as KeptReason] = (sum[reason as KeptReason] ?? 0) + count;
  }
  return sum;
}

function asJson({ pruned, kept, dry_run }: Outcome): Record<string, unknown> {
  return { dry_run, pruned, bytes: bytesOf(pruned), kept };
}

function bytesOf(tasks: readonly Doomed[]): number {
  return tasks.reduce((sum, { bytes }) => sum + bytes, 0);
}

const REASONS: Record<KeptReason, string> = {
  too_young: "ended too recently",
  newest: "among the newest",
  unread: "with a notification that nobody has seen",
  held: "in use just now",
  changed: "no longer ended",
  failed: "that could not be removed",
};

function asText({ pruned, kept, dry_run }: Outcome, planned: number): string {
  const count = pruned.length === 1 ? "1 task" : `${pruned.length.toLocaleString("en")} tasks`;
  const what = `${count} (${byteText(bytesOf(pruned))} with journals and artifacts)`;
  const ends = pruned.map(({ finished_at }) => finished_at).filter((at) => at !== null).sort();
  const range = ends.length === 0 ? "" : `, ended from ${ends[0]} to ${ends.at(-1)}`;
  const stays = Object.entries(kept)
    .map(([reason, n]) => `${n.toLocaleString("en")} ${REASONS[reason as KeptReason]}`);
  const left = planned - pruned.length;
  return [
    pruned.length === 0 && left === 0
      ? "There is nothing to prune.\n"
      : `${dry_run ? "Would prune" : "Pruned"} ${what}${range}.\n`,
    stays.length === 0 ? "" : `Kept: ${stays.join(", ")}.\n`,
    dry_run && pruned.length > 0 ? "Nothing was removed: say the same with --yes to do it.\n" : "",
  ].join("");
}
