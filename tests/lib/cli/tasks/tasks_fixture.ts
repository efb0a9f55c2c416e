/** Calls of the operator's command in this process, on a storage of their own. */
import { assert } from "@std/assert";
import { parseTasksArgs } from "../../../../lib/cli/tasks/parse_tasks_args.ts";
import { runTasks } from "../../../../lib/cli/tasks/run_tasks.ts";
import type { TasksContext } from "../../../../lib/cli/tasks/tasks_context.ts";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { ServiceRecord } from "../../../../lib/task/service_record.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { CapturedTerminal } from "../../../support/captured_terminal.ts";

const USAGE = {
  input_tokens: 1,
  output_tokens: 2,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
export const OFFLINE: TasksContext["config"] = {
  base_dir: "/nowhere",
  base_url: undefined,
  api_key: undefined,
  offline: true,
  main_model: "offline",
  background_model: "offline",
  durability: "relaxed",
};
export const COMPLETED: Ending = { kind: "completed", result: "42", artifacts: [], usage: USAGE };
export const FAILED: Ending = { kind: "failed", error: { code: "timeout", message: "too slow" } };

/** A call of `tasks` to its end. */
export async function run(
  storage: Storage,
  line: string | readonly string[],
  interrupted = new AbortController().signal,
  { stdin = "", config = OFFLINE }: {
    readonly stdin?: string;
    readonly config?: TasksContext["config"];
  } = {},
) {
  const terminal = new CapturedTerminal();
  const command = parseTasksArgs(typeof line === "string" ? line.split(" ") : line);
  assert(command.kind === "tasks");
  const code = await runTasks(command, {
    storage,
    terminal,
    interrupted,
    now: Date.now,
    readStdin: () => Promise.resolve(stdin),
    config,
  });
  return { code, ...terminal, json: () => JSON.parse(terminal.stdout) };
}

/** Adds a task and ends it as a service would. */
export async function ended({ queue }: Storage, id: string, ending: Ending): Promise<void> {
  await queue.enqueue({ conversation_id: "c1", prompt: "p", id });
  const claimed = await queue.claim(AbortSignal.timeout(10_000));
  await claimed!.start();
  await claimed!.finish(ending);
}

/** Makes a service seem alive until `withdraw`. */
export function announce(
  { presence }: Pick<Storage, "presence">,
  fields: Partial<ServiceRecord> = {},
) {
  return presence.announce({
    version: 1,
    service_id: "s1",
    pid: Deno.pid,
    host: "localhost",
    started_at: new Date().toISOString(),
    concurrency: 4,
    model: "m",
    tools: [],
    ...fields,
  });
}
