/**
 * One run of a task's agent: model and tools take turns until there is a result.
 *
 * What comes next is always decided from the journal (next_action.ts), and everything that is done
 * goes into the journal first, so a run can be taken up after any crash where it stood.
 */
import type { NewJournalEntry } from "../journal/journal.ts";
import type { TaskError } from "../task/record.ts";
import { timeInRunning } from "../task/transitions.ts";
import { type AgentContext, type HaltCause, mustStop } from "./agent_context.ts";
import type { AgentOutcome, AgentRun, RunEnding } from "./agent_run.ts";
import { ArtifactStore } from "./artifact_store.ts";
import { askModel } from "./ask_model.ts";
import { cutEnd } from "./cut_text.ts";
import { FirstSignal } from "./first_signal.ts";
import { keepResult } from "./keep_result.ts";
import { nextAction } from "./next_action.ts";
import { normalizeAnswer } from "./normalize_answer.ts";
import { allowedTools, declarationOf, missingTools } from "./offered_tools.ts";
import { requestMessages } from "./request_messages.ts";
import { RunJournal } from "./run_journal.ts";
import { runTools } from "./run_tools.ts";
import { nextStepNumber, type Step, usageOf } from "./steps.ts";
import { systemPrompt } from "./system_prompt.ts";

export type { AgentOutcome, AgentRun, RunSignals } from "./agent_run.ts";

/** An error's message is cut to this many UTF-16 units: it goes into the record and the journal. */
const MAX_ERROR_LENGTH = 4_000;

/**
 * Runs a claimed task to an outcome, from where its journal ends.
 *
 * Nothing it started is under way any more when it resolves or throws.
 *
 * @throws what is unexpected: a journal or an artifact that cannot be written, a bug
 */
export async function runAgent(run: AgentRun): Promise<AgentOutcome> {
  const { record, journal: opened, signals, now = Date.now, random = Math.random } = run;
  const timeLeft = record.timeout_seconds * 1000 -
    timeInRunning(record.attempts, record.run, now());
  using halt = new FirstSignal<HaltCause>(
    { cancelled: signals.cancelled, abandoned: signals.abandon },
    { cause: "timeout", ms: timeLeft },
  );
  const journal = new RunJournal(opened, now);
  const artifacts = new ArtifactStore(run.artifacts, record.id, opened.entries);
  const context: AgentContext = { run, journal, artifacts, halt, now, random };

  const { run: number, attempt, service_id } = record;
  // Neither decides anything: the record says both, and no other line is durable before it says the
  // one.
  await journal.note({ type: "attempt_started", run: number, attempt, service_id });
  const ending = shortened(await untilEnding(context));
  await journal[settles(ending) ? "note" : "append"]({
    type: "attempt_ended",
    ...attemptEnd(ending),
  });
  if (ending.kind === "interrupted") return ending;
  return { ...ending, usage: usageOf(journal.entries, number) } as AgentOutcome;
}

async function untilEnding(context: AgentContext): Promise<RunEnding> {
  const { record } = context.run;
  for (;;) {
    const action = nextAction(record, context.journal.entries);
    // What the journal has decided counts, whatever else has happened by now.
    if (action.kind === "complete") return await complete(context, action.result);
    if (action.kind === "fail") return { kind: "failed", error: action.error };
    if (mustStop(context)) return stoppedEnding(context);
    if (action.kind === "call_tools") await runTools(context, action);
    else {
      const ending = await takeStep(context, action.steps, action.last_chance);
      if (ending !== undefined) return ending;
    }
  }
}

/** Asks the model and journals its answer; an ending where none came. */
async function takeStep(
  context: AgentContext,
  steps: readonly Step[],
  lastChance: boolean,
): Promise<RunEnding | undefined> {
  const { record, toolbox } = context.run;
  const tools = lastChance ? [] : allowedTools(toolbox.catalogue, record).map(declarationOf);
  const missing = missingTools(toolbox.catalogue, record);
  const system = systemPrompt(record, missing, lastChance);
  const asked = await askModel(context, {
    messages: requestMessages(system, record.prompt, steps),
    tools,
    ...(record.model === undefined ? {} : { model: record.model }),
  });
  if (asked.kind === "stopped") return stoppedEnding(context);
  if (asked.kind === "ended") return asked.ending;
  const { message, finish_reason, usage, model } = asked.answer;
  const answer: NewJournalEntry = {
    type: "model_answer",
    step: nextStepNumber(context.journal.entries),
    message: normalizeAnswer(message),
    finish_reason,
    usage,
    model,
    duration_ms: asked.duration_ms,
  };
  await context.journal[flushesLater(context, answer) ? "note" : "append"](answer);
  return undefined;
}

// What comes next makes it durable before anything rests on it: a tool's start in this journal, or
// the record that holds the result. A flush of its own would be one more wait for the disk a step.
function flushesLater({ run, journal }: AgentContext, answer: NewJournalEntry): boolean {
  return nextAction(run.record, journal.with(answer)).kind !== "ask_model";
}

// The record of a task that has ended says all that decides; one that goes on goes on from here.
function settles({ kind }: RunEnding): boolean {
  return kind !== "interrupted" && kind !== "retry";
}

async function complete(context: AgentContext, answer: string): Promise<RunEnding> {
  const kept = await keepResult(context, answer);
  return { kind: "completed", ...kept, artifacts: await context.artifacts.list() };
}

function stoppedEnding({ run, halt }: AgentContext): RunEnding {
  if (halt.cause === "cancelled") return { kind: "cancelled" };
  if (halt.cause === "timeout") return { kind: "failed", error: timeoutError(run.record) };
  return { kind: "interrupted" };
}

function timeoutError({ timeout_seconds }: AgentRun["record"]): TaskError {
  return {
    code: "timeout",
    message: `The task did not end within ${timeout_seconds} seconds of running, its ` +
      "timeout_seconds. Retry it to go on from where it is, or add it again with a higher one.",
  };
}

function shortened(ending: RunEnding): RunEnding {
  if (ending.kind !== "failed" && ending.kind !== "retry") return ending;
  const { code, message } = ending.error;
  const short = message.length <= MAX_ERROR_LENGTH
    ? message.toWellFormed()
    : `${cutEnd(message, MAX_ERROR_LENGTH - 1)}…`;
  return { ...ending, error: { code, message: short } };
}

// In the words of the record's `attempts`.
function attemptEnd(ending: RunEnding): { outcome: string; message?: string } {
  if (ending.kind === "failed") return { outcome: "failed", message: ending.error.message };
  if (ending.kind !== "retry") return { outcome: ending.kind };
  const outcome = ending.uses_attempt ? "retry" : "rate_limited";
  return { outcome, message: ending.error.message };
}
