import { defineTool, z } from "tool";

/**
 * Leaves a line in workspace/marks.txt for each time that it runs, then waits for a file named
 * after its text, or loops without end while there is one named "loop".
 */
export default defineTool({
  name: "mark_none",
  description: "Leaves a mark.",
  parameters: z.object({ text: z.string() }),
  settings: z.object({ workspace: z.string().default("./workspace") }),
  permissions: ({ workspace }) => ({ read: [workspace], write: [workspace] }),
  effects: "none",
  async run({ text }, { settings: { workspace }, idempotency_key }) {
    const line = JSON.stringify({ text, idempotency_key, pid: Deno.pid }) + "\n";
    const looping = await exists(`${workspace}/loop`);
    await Deno.writeTextFile(`${workspace}/marks.txt`, line, { append: true });
    while (looping);
    while (!await exists(`${workspace}/go-${text}`)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return `marked ${text}`;
  },
});

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
