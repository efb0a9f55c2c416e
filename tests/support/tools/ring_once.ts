import { defineTool, z } from "tool";

/** Rings a bell over HTTP, with its key, and waits for the answer. */
export default defineTool({
  name: "ring_once",
  description: "Rings the bell.",
  parameters: z.object({}),
  settings: z.object({ url: z.url() }),
  permissions: ({ url }) => ({ net: [new URL(url).host] }),
  effects: "once",
  timeout_seconds: 120,
  async run(_, { settings: { url }, idempotency_key, signal }) {
    const response = await fetch(`${url}/?key=${encodeURIComponent(idempotency_key)}`, { signal });
    return await response.text();
  },
});
