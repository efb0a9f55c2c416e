/** A toolbox over tools written for one test, in a temporary project of its own. */
import { join } from "@std/path";
import { openToolbox, type OpenToolboxOptions } from "../../../lib/sandbox/open_toolbox.ts";
import type {
  Toolbox,
  ToolCall,
  ToolProcessInfo,
  ToolResult,
} from "../../../lib/sandbox/toolbox.ts";

/** What a test's toolbox is made of. */
export interface ToolboxFixture extends Partial<OpenToolboxOptions> {
  /** The tools' sources by file name without `.ts`; or the project's own tools. */
  readonly tools?: Readonly<Record<string, string>>;
  /** What tools.json holds; a text is written as it is. */
  readonly toolsJson?: unknown;
  /** Is run in the project before its tools are read. */
  readonly before?: (directory: string) => Promise<void>;
}

/** What a test gets. */
export interface TestToolbox extends Toolbox {
  /** The temporary project: tools.json, workspace/, persistent/. */
  readonly directory: string;
  readonly warnings: readonly string[];
  /** The processes that calls ran in, in the order of their starts. */
  readonly processes: readonly ToolProcessInfo[];
  /** The artifacts kept so far. */
  readonly artifacts: ReadonlyMap<string, Uint8Array>;
  run(name: string, args?: unknown, more?: Partial<ToolCall>): Promise<ToolResult>;
}

/** Opens a toolbox for the length of a test's body. */
export async function withToolbox(
  fixture: ToolboxFixture,
  body: (toolbox: TestToolbox) => Promise<void>,
): Promise<void> {
  await withProject(fixture, async (directory) => {
    await fixture.before?.(directory);
    const warnings: string[] = [];
    const toolbox = await openToolbox({
      ...fixture,
      ...(fixture.tools === undefined ? {} : { tools_directory: join(directory, "tools") }),
      tools_file: join(directory, "tools.json"),
      persistent_dir: join(directory, "persistent"),
      environment: fixture.environment ?? Deno.env.toObject(),
      warn: (sentence) => warnings.push(sentence),
    });
    try {
      await body(testToolbox(toolbox, directory, warnings));
    } finally {
      await toolbox.close();
    }
  });
}

/** Makes a temporary project for the length of a test's body. */
export async function withProject(
  fixture: ToolboxFixture,
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "toolbox_" }));
  try {
    for (const name of ["tools", "workspace", "persistent"]) {
      await Deno.mkdir(join(directory, name));
    }
    for (const [name, source] of Object.entries(fixture.tools ?? {})) {
      await Deno.writeTextFile(join(directory, "tools", `${name}.ts`), source);
    }
    const { toolsJson } = fixture;
    if (toolsJson !== undefined) {
      const text = typeof toolsJson === "string" ? toolsJson : JSON.stringify(toolsJson);
      await Deno.writeTextFile(join(directory, "tools.json"), text);
    }
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A tool's source around the body of its `run`. */
export function toolSource(name: string, runBody: string, fields = ""): string {
  return `import { defineTool, z } from "tool";
export default defineTool({
  name: ${JSON.stringify(name)},
  description: "A tool for a test.",
  parameters: z.object({ text: z.string().default("") }),
  effects: "none",
  ${fields}
  async run(args, context) { ${runBody} },
});
`;
}

/** The error of a result that must be one. */
export function errorOf(result: ToolResult): string {
  if (result.ok) throw new Error(`expected an error, got the output ${result.output}`);
  return result.error;
}

/** The output of a result that must be one. */
export function outputOf(result: ToolResult): string {
  if (!result.ok) throw new Error(`expected an output, got the error ${result.error}`);
  return result.output;
}

function testToolbox(toolbox: Toolbox, directory: string, warnings: string[]): TestToolbox {
  const processes: ToolProcessInfo[] = [];
  const artifacts = new Map<string, Uint8Array>();
  let calls = 0;
  return {
    catalogue: toolbox.catalogue,
    call: (call) => toolbox.call(call),
    close: () => toolbox.close(),
    directory,
    warnings,
    processes,
    artifacts,
    run: (name, args = {}, more = {}) =>
      toolbox.call({
        name,
        args,
        task_id: "task1",
        conversation_id: "conversation1",
        idempotency_key: `task1/1/${++calls}`,
        signal: new AbortController().signal,
        onStarted: (process) => void processes.push(process),
        onArtifact: (artifact, bytes) => {
          artifacts.set(artifact, bytes);
          return Promise.resolve(artifact);
        },
        ...more,
      }),
  };
}
