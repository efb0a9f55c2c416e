/** `tasks show`: one task whole. */
import { join } from "@std/path";
import type { Storage } from "../../open_storage.ts";
import type { Task } from "../../task/record.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { onTask } from "../find_task.ts";
import { flatTask } from "../flat_task.ts";
import { journalOf } from "../journal_of.ts";
import { jsonText } from "../json_text.ts";
import { type ArtifactFile, renderTask } from "../render_task.ts";
import { TASK_STATES } from "../../task/record.ts";
import { subcommand } from "./subcommand.ts";

export const show = subcommand<{ readonly id: string; readonly full: boolean }>({
  usage: "show ID",
  summary: "One task whole, with its journal",
  takes: { what: "a task", states: TASK_STATES },
  flags: [{ name: "full", help: "Every argument and output of the journal whole" }],
  parse: ({ positionals, on }) => ({ id: positionals[0]!, full: on.has("full") }),
  run: async ({ id, full, json }, context) => {
    const { storage, terminal } = context;
    const found = await onTask(id, storage, (id) => storage.queue.get(id));
    if (!found.ok) return complain(context, found.problem);
    const task = found.value;
    const journal = await journalOf(task, storage.journals);
    if (json) terminal.out(jsonText({ ...flatTask(task), journal }));
    else {
      const artifacts = await artifactsOf(task, storage);
      terminal.out(renderTask(task, journal, terminal, context.now(), { full, artifacts }));
    }
    return EXIT.ok;
  },
});

async function artifactsOf(
  { record }: Task,
  { artifacts, disk, layout }: Storage,
): Promise<ArtifactFile[]> {
  const there = await artifacts.list(record.id);
  const names = [...new Set([...record.artifacts ?? [], ...there])].sort();
  const files: ArtifactFile[] = [];
  for (const name of names) {
    const path = join(layout.artifacts, record.id, name);
    const size = there.includes(name) ? (await disk.stat(path))?.size : undefined;
    files.push({ name, path, ...(size === undefined ? {} : { size }) });
  }
  return files;
}
