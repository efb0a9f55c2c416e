/** `tasks show`: one task whole, or what it made. */
import type { Storage } from "../../open_storage.ts";
import { type Task, TASK_STATES } from "../../task/record.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { onTask } from "../find_task.ts";
import { flatTask } from "../flat_task.ts";
import { journalOf } from "../journal_of.ts";
import { jsonText } from "../json_text.ts";
import type { Flags } from "../parse_flags.ts";
import { type KeptArtifact, renderTask } from "../render_task.ts";
import { sanitize } from "../sanitize.ts";
import { UsageError } from "../usage_error.ts";
import { type Common, subcommand } from "./subcommand.ts";
import type { TasksContext } from "./tasks_context.ts";

interface ShowOptions {
  readonly id: string;
  readonly full: boolean;
  /** Only this artifact's bytes. */
  readonly artifact: string | undefined;
}

export const show = subcommand<ShowOptions>({
  usage: "show ID",
  summary: "One task whole, with its journal",
  takes: { what: "a task", states: TASK_STATES },
  flags: [
    { name: "full", help: "Every argument and output of the journal whole" },
    { name: "artifact", value: "NAME", help: "Only this artifact, byte for byte" },
  ],
  parse: optionsOf,
  run: async ({ id, full, artifact, json }, context) => {
    const { storage } = context;
    const found = await onTask(id, storage, (id) => storage.queue.get(id));
    if (!found.ok) return complain(context, found.problem);
    return artifact === undefined
      ? await showTask(found.value, { full, json }, context)
      : await showArtifact(found.id, artifact, context);
  },
});

function optionsOf({ positionals, values: { artifact }, on }: Flags): ShowOptions {
  if (artifact !== undefined && on.has("json")) {
    throw new UsageError("--artifact prints bytes as they are: leave out --json");
  }
  return { id: positionals[0]!, full: on.has("full"), artifact };
}

async function showTask(
  task: Task,
  { full, json }: Pick<ShowOptions, "full"> & Common,
  { storage, terminal, now }: TasksContext,
): Promise<number> {
  const journal = await journalOf(task, storage.journals);
  if (json) terminal.out(jsonText({ ...flatTask(task), journal }));
  else {
    const artifacts = await artifactsOf(task, storage);
    terminal.out(renderTask(task, journal, terminal, now(), { full, artifacts }));
  }
  return EXIT.ok;
}

async function showArtifact(id: string, name: string, context: TasksContext): Promise<number> {
  const { storage, terminal } = context;
  const bytes = await storage.artifacts.read(id, name);
  if (bytes === undefined) {
    const names = (await storage.artifacts.list(id)).join(", ");
    const there = names === "" ? "it has none" : `it has ${names}`;
    return complain(context, `Task "${id}" has no artifact "${name}"; ${there}`);
  }
  // What a model or a tool made may hold commands to a terminal; a file or a pipe gets all of it.
  if (terminal.columns === undefined) terminal.raw(bytes);
  else terminal.out(sanitize(new TextDecoder().decode(bytes)).trimEnd() + "\n");
  return EXIT.ok;
}

async function artifactsOf({ record }: Task, storage: Storage): Promise<KeptArtifact[]> {
  const { artifacts, upkeep } = storage;
  const there = await artifacts.list(record.id);
  const names = [...new Set([...record.artifacts ?? [], ...there])].sort();
  return await Promise.all(names.map(async (name) => {
    const size = there.includes(name) ? await artifacts.size(record.id, name) : undefined;
    const path = upkeep.artifactPath(record.id, name);
    return {
      name,
      ...(path === undefined ? {} : { path }),
      ...(size === undefined ? {} : { size }),
    };
  }));
}
