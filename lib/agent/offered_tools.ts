/** Which tools a task may use, out of those the service has. */
import type { ToolDeclaration } from "../model/model.ts";
import type { ToolEntry } from "../sandbox/toolbox.ts";
import type { TaskRecord } from "../task/record.ts";
import type { MissingTool } from "./system_prompt.ts";

/** The enabled tools, of these only the ones that the task names where it names any. */
export function allowedTools(
  catalogue: readonly ToolEntry[],
  { tools }: Pick<TaskRecord, "tools">,
): ToolEntry[] {
  return catalogue.filter((tool) => tool.enabled && (tools?.includes(tool.name) ?? true));
}

/** The tools that the task names and cannot have, with the reason: a good worker says so. */
export function missingTools(
  catalogue: readonly ToolEntry[],
  { tools }: Pick<TaskRecord, "tools">,
): MissingTool[] {
  const missing: MissingTool[] = [];
  for (const name of new Set(tools)) {
    const entry = catalogue.find((tool) => tool.name === name);
    if (entry?.enabled) continue;
    missing.push({ name, reason: entry?.reason ?? "this service has no tool of that name" });
  }
  return missing;
}

/** A tool as the model is told of it. */
export function declarationOf({ name, description, parameters }: ToolEntry): ToolDeclaration {
  return { name, description, parameters };
}
