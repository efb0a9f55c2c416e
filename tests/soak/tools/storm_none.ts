import { defineTool, z } from "tool";

/**
 * Takes some time, and writes down when it began and when it ended, in workspace/storm.jsonl.
 */
export default defineTool({
  name: "storm_none",
  description: "Takes some time.",
  parameters: z.object({ ms: z.number() }),
  settings: z.object({ workspace: z.string().default("./workspace") }),
  permissions: ({ workspace }) => ({ write: [workspace] }),
  effects: "none",
  async run({ ms }, { settings: { workspace }, idempotency_key }) {
    const note = (event: "began" | "ended") => {
      const line = { event, tool: "storm_none", key: idempotency_key, at: Date.now() };
      // One small append: lines of many processes do not mix.
      Deno.writeTextFileSync(`${workspace}/storm.jsonl`, JSON.stringify(line) + "\n", {
        append: true,
      });
    };
    note("began");
    await new Promise((resolve) => setTimeout(resolve, ms));
    note("ended");
    return "done";
  },
});
