/**
 * Fetches from a server on every address of this machine by each of the names that it is given, all
 * of them allowed, and prints the answers and which names reached the server.
 */
import { withTool } from "../project_tools.ts";

const requests: string[] = [];
const server = Deno.serve({ hostname: "::", port: 0, onListen: () => {} }, (request) => {
  requests.push(new URL(request.url).hostname);
  return new Response("reached");
});
const { port } = server.addr;
const answers: Record<string, string> = {};

// Shows that the server can be reached; the exception is the address of localhost alone.
await fetchAll(["localhost"], ["127.0.0.1"]);
await fetchAll(Deno.args, []);
await server.shutdown();
// deno-lint-ignore no-console
console.log(JSON.stringify({ answers, requests }));

async function fetchAll(names: readonly string[], private_addresses: string[]): Promise<void> {
  const hosts = names.map((name) => `${name}:${port}`);
  const settings = { hosts: [...hosts, `*.host.test:${port}`], private_addresses };
  await withTool("fetch_url", { toolsJson: { fetch_url: { settings } } }, async (run) => {
    for (const name of names) answers[name] = await run({ url: `http://${name}:${port}/` });
  });
}
