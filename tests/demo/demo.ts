/**
 * `deno task demo`: what a stranger runs first. Both real programs as separate processes in a fresh
 * directory, or with keys of their own in the Redis of QUEUE_URL; every step is observed there or the
 * demo fails.
 */
import { exitCodeOf } from "../../lib/cli/exit_code.ts";
import type { JournalEntry } from "../../lib/task/journal_entry.ts";
import { observe, say, show, step } from "./narrator.ts";
import { Stage } from "./stage.ts";
import { CONVERSATION } from "./view.ts";

/** The seven steps of the workflow. */
async function workflow(stage: Stage): Promise<void> {
  const { view, view: { words } } = stage;
  const request = "check the weather in Oslo in the background";
  step(1, `the user says "${request}"`);
  const main = stage.main(["--conversation", CONVERSATION, "--message", request, "--wait=30"]);

  const id = await observe("a pending task", () => view.only("pending"));
  const pending = await observe("the pending task", () => view.task("pending", id));
  step(2, `main ${words.asked} (no service is running yet)`);
  show(pending, ["conversation_id", "title", "prompt"]);

  const service = stage.service();
  await observe("the running task", () => view.task("running", id));
  step(3, `the service (process ${service.pid}) starts and ${words.taken}`);

  const entries = await stage.finishedCalls(id, 1);
  step(4, "it runs the task with its own model and tools");
  for (const entry of entries) say(`     ${stage.describe(entry)}`);

  const completed = await observe("the completed task", () => view.task("completed", id));
  step(5, `it saves the result and ${words.completed}`);
  show(completed, ["result"]);

  const notification = await observe("the notification", () => view.notification(id));
  step(6, "it writes a notification for the conversation");
  show(notification, ["event", "task_id"]);

  const shown = await main.ended;
  await observe("the notification among those shown", () => view.isShown(id));
  if (shown.code !== 0 || !shown.stdout.includes("Oslo")) {
    throw new Error(`main did not show the result (exit ${shown.code}): ${shown.stderr}`);
  }
  step(7, `main shows it, and ${words.shown}`);
  for (const line of shown.stdout.trim().split("\n")) say(`     ${line}`);
  await stage.stop(service);
}

/** A task of several steps, its service killed in the middle. */
async function crash(stage: Stage): Promise<void> {
  const { view } = stage;
  const prompt = "First, what is 17*23? Then, what is 391+9? Then, what is 400/8? " +
    "Then, check the weather in Bergen. Finally, what time is it in Tokyo?";
  say("\nAnd now a crash. A task of five steps:");
  const first = stage.service();
  const id = await stage.add(prompt, CONVERSATION);
  const before = await stage.finishedCalls(id, 2);
  first.kill("SIGKILL");
  await first.ended;
  const kept = await view.journal(id);
  if (await view.task("running", id) === undefined) {
    throw new Error("the task had ended before the kill");
  }
  const [what, why] = view.words.left;
  say(`   kill -9 ${first.pid} after ${finished(before)} steps. ${what}`);
  say(`   ${why}, and its journal holds what was done:`);
  for (const entry of kept) say(`     ${stage.describe(entry)}`);
  await resume(stage, id, kept);
}

/** Another service takes it up. */
async function resume(stage: Stage, id: string, kept: readonly JournalEntry[]): Promise<void> {
  const { view } = stage;
  const second = stage.service();
  say(`   A new service (process ${second.pid}) finds it, and goes on where it was:`);
  const completed = await observe(
    "the completed task",
    () => view.task("completed", id),
    view.recovery_seconds,
  );
  const all = await view.journal(id);
  for (const entry of all.slice(kept.length)) say(`     ${stage.describe(entry)}`);
  assertNothingTwice(all);
  show({ ...completed, how: "the result:" }, ["result"]);
  say(`   ${finished(all)} tool calls for five steps: none was done twice.`);

  const question = ["--conversation", CONVERSATION, "--message", "What was the result?"];
  const shown = await stage.main(question).ended;
  if (await view.notification(id) === undefined || !await view.isShown(id)) {
    throw new Error(`its notification was not shown: ${shown.stderr}`);
  }
  say("   Its notification has arrived in the conversation.");
  await stage.stop(second);
}

function finished(entries: readonly JournalEntry[]): number {
  return entries.filter((entry) => entry.type === "tool_finished").length;
}

function assertNothingTwice(entries: readonly JournalEntry[]): void {
  const calls = entries.filter((e) => e.type === "tool_finished").map((e) =>
    `${e.step}/${e.call_id}`
  );
  if (new Set(calls).size !== calls.length) throw new Error(`a step was done twice: ${calls}`);
  if (calls.length !== 5) throw new Error(`expected five tool calls, saw ${calls.length}`);
}

async function demo(): Promise<void> {
  const stage = await Stage.open();
  try {
    say(`Two real processes that share only ${stage.view.words.shared}`);
    say(stage.weatherNote);
    await workflow(stage);
    await crash(stage);
    say("\nAll steps were observed. Next, in two terminals:\n");
    say("  deno task -q background");
    say("  deno task -q main");
  } finally {
    await stage.close();
  }
}

if (import.meta.main) {
  try {
    await demo();
    Deno.exit(0);
  } catch (error) {
    say(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    Deno.exit(exitCodeOf(error));
  }
}
