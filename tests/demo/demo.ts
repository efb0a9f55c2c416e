/**
 * `deno task demo`: what a stranger runs first. Both real programs as separate processes in a fresh
 * directory; every step is observed on disk or the demo fails.
 */
import { observe, readJson, say, show, step } from "./narrator.ts";
import { Stage } from "./stage.ts";

const CONVERSATION = "demo";

/** The seven steps of the workflow. */
async function workflow(stage: Stage): Promise<void> {
  const request = "check the weather in Oslo in the background";
  step(1, `the user says "${request}"`);
  const main = stage.main(["--conversation", CONVERSATION, "--message", request, "--wait=30"]);

  const pending = await observe("a file in tasks/pending/", () => stage.only("pending"));
  step(2, "main writes a request into tasks/pending/ (no service is running yet)");
  show(`cat ${pending}`, await readJson(stage.path(pending)), [
    "conversation_id",
    "title",
    "prompt",
  ]);
  const id = pending.split("/").at(-1)!.replace(".json", "");

  const service = stage.service();
  await observe("the task in tasks/running/", () => stage.has(`tasks/running/${id}.json`));
  step(3, `the service (process ${service.pid}) starts and moves it to tasks/running/`);

  const lines = await observe("a finished tool call in the journal", () => {
    const entries = stage.journal(id);
    return entries.some((e) => e.type === "tool_finished") ? entries : undefined;
  });
  step(4, "it runs the task with its own model and tools");
  for (const entry of lines) say(`     ${stage.describe(entry)}`);

  const completed = `tasks/completed/${id}.json`;
  await observe("the task in tasks/completed/", () => stage.has(completed));
  step(5, "it saves the result and moves the task to tasks/completed/");
  show(`cat ${completed}`, await readJson(stage.path(completed)), ["result"]);

  const name = `${id}-completed.json`;
  const { path, record } = await observe("the notification", () => stage.notification(name));
  step(6, "it writes a notification for the conversation");
  show(`cat ${path}`, record, ["event", "task_id"]);

  const shown = await main.ended;
  const read = `notifications/${CONVERSATION}/read/${name}`;
  await observe("the notification in read/", () => stage.has(read));
  if (shown.code !== 0 || !shown.stdout.includes("Oslo")) {
    throw new Error(`main did not show the result (exit ${shown.code}): ${shown.stderr}`);
  }
  step(7, "main shows it, and files it under read/");
  for (const line of shown.stdout.trim().split("\n")) say(`     ${line}`);
  await stage.stop(service);
}

/** A task of several steps, its service killed in the middle. */
async function crash(stage: Stage): Promise<void> {
  const prompt = "First, what is 17*23? Then, what is 391+9? Then, what is 400/8? " +
    "Then, check the weather in Bergen. Finally, what time is it in Tokyo?";
  say("\nAnd now a crash. A task of five steps:");
  const first = stage.service();
  const id = await stage.add(prompt, CONVERSATION);
  const before = await observe("two finished steps", () => {
    const entries = stage.journal(id);
    return entries.filter((e) => e.type === "tool_finished").length >= 2 ? entries : undefined;
  });
  first.kill("SIGKILL");
  await first.ended;
  const kept = stage.journal(id);
  if (!stage.has(`tasks/running/${id}.json`)) throw new Error("the task had ended before the kill");
  say(
    `   kill -9 ${first.pid} after ${finished(before)} steps. Its file is still in tasks/running/,`,
  );
  say("   the kernel has freed its lock, and its journal holds what was done:");
  for (const entry of kept) say(`     ${stage.describe(entry)}`);

  const second = stage.service();
  say(`   A new service (process ${second.pid}) finds it, and goes on where it was:`);
  await observe("the task in tasks/completed/", () => stage.has(`tasks/completed/${id}.json`), 15);
  const all = stage.journal(id);
  for (const entry of all.slice(kept.length)) say(`     ${stage.describe(entry)}`);
  assertNothingTwice(all);
  const record = await readJson(stage.path(`tasks/completed/${id}.json`));
  show("the result", record, ["result"]);
  say(`   ${finished(all)} tool calls for five steps: none was done twice.`);

  const shown = await stage.main([
    "--conversation",
    CONVERSATION,
    "--message",
    "What was the result?",
  ])
    .ended;
  const name = `notifications/${CONVERSATION}/read/${id}-completed.json`;
  if (!stage.has(name)) throw new Error(`its notification was not shown: ${shown.stderr}`);
  say("   Its notification has arrived in the conversation.");
  await stage.stop(second);
}

type Entries = ReturnType<Stage["journal"]>;

function finished(entries: Entries): number {
  return entries.filter((entry) => entry.type === "tool_finished").length;
}

function assertNothingTwice(entries: Entries): void {
  const calls = entries.filter((e) => e.type === "tool_finished").map((e) =>
    `${e.step}/${e.call_id}`
  );
  if (new Set(calls).size !== calls.length) throw new Error(`a step was done twice: ${calls}`);
  if (calls.length !== 5) throw new Error(`expected five tool calls, saw ${calls.length}`);
}

if (import.meta.main) {
  const stage = await Stage.open();
  let code = 1;
  try {
    say(`Two real processes that share only files, here: ${stage.directory}`);
    say(stage.weatherNote);
    await workflow(stage);
    await crash(stage);
    say("\nAll steps were observed. Next, in two terminals:\n");
    say("  deno task -q background");
    say("  deno task -q main");
    code = 0;
  } catch (error) {
    say(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  } finally {
    await stage.close();
  }
  Deno.exit(code);
}
