import { assert, assertEquals } from "@std/assert";
import { type ModelReach, reachModel } from "../../../lib/model/reach_model.ts";

const KEY = "sk-secret-key-of-ours";

/** Asks a server that answers like this. */
async function reach(
  handler: (request: Request) => Response | Promise<Response>,
  options: { readonly api_key?: string; readonly timeout_ms?: number; readonly user?: string } = {},
): Promise<ModelReach & { port: number }> {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handler);
  const { port } = server.addr;
  const { api_key, timeout_ms, user = "" } = options;
  const found = await reachModel(
    { base_url: `http://${user}127.0.0.1:${port}/v1/`, api_key },
    timeout_ms === undefined ? {} : { timeout_ms },
  );
  const said = JSON.stringify(found);
  assert(!said.includes(KEY) && !said.includes("pass"), said);
  return { ...found, port };
}

Deno.test("a server that lists its models is asked at the right place, with the key", async () => {
  const asked: string[] = [];
  const found = await reach((request) => {
    const { pathname } = new URL(request.url);
    asked.push(`${request.method} ${pathname} ${request.headers.get("authorization")}`);
    return Response.json({ object: "list", data: [{ id: "a" }, { id: "b" }, { name: "c" }] });
  }, { api_key: KEY });
  assertEquals(asked, [`GET /v1/models Bearer ${KEY}`]);
  const { port, ...rest } = found;
  const url = `http://127.0.0.1:${port}/v1/models`;
  assertEquals(rest, { kind: "answers", models: ["a", "b"], url });
});

const ANSWERS: [what: string, response: () => Response, found: Partial<ModelReach>][] = [
  ["refuses the key", () => new Response("no", { status: 401 }), { kind: "refuses_key" }],
  ["has no list", () => new Response("", { status: 404 }), { kind: "has_no_list" }],
  ["fails", () => new Response("", { status: 503 }), { kind: "fails" }],
  [
    "sends us elsewhere",
    () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
    { kind: "fails" },
  ],
  ["sends a page", () => new Response("<html>"), { kind: "answers" }],
  ["sends another list", () => Response.json(["a"]), { kind: "answers" }],
];
for (const [what, response, expected] of ANSWERS) {
  Deno.test(`a server that ${what} is told apart`, async () => {
    const found = await reach(response, { api_key: KEY, user: "user:pass@" });
    assertEquals([found.kind, "models" in found], [expected.kind, false]);
    assertEquals(found.url, `http://***@127.0.0.1:${found.port}/v1/models`);
  });
}

Deno.test("a server that is not there, or never answers, is unreachable, and it says why", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const base_url = `http://127.0.0.1:${port}/v1`;
  assertEquals(await reachModel({ base_url, api_key: undefined }), {
    url: `${base_url}/models`,
    kind: "unreachable",
    why: "nothing answers there (connection refused): start the server or correct OPENAI_BASE_URL",
  });
  const held = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  const waiting = reach(() => {
    asked.resolve();
    return held.promise;
  }, { timeout_ms: 50 });
  await asked.promise;
  // Only once the deadline has passed does the server let go.
  const deadline = AbortSignal.timeout(200);
  deadline.addEventListener("abort", () => held.resolve(new Response("")));
  const found = await waiting;
  assertEquals(
    found.kind === "unreachable" && found.why,
    "no answer came within 0.05 s: check OPENAI_BASE_URL and the network",
  );
});
