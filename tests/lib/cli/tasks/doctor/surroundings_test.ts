/** What the doctor says of the clocks and the model server. */
import { assert, assertEquals } from "@std/assert";
import { checkClock } from "../../../../../lib/cli/tasks/doctor/clock.ts";
import { checkModel } from "../../../../../lib/cli/tasks/doctor/model_server.ts";
import type { Finding } from "../../../../../lib/upkeep/finding.ts";
import { withStorage } from "../../../../support/temp_storage.ts";

const never = new AbortController().signal;
const said = (findings: readonly Finding[]) =>
  findings.map(({ level, message }) => `${level}: ${message}`);

Deno.test("clocks that disagree are told: the disk's, a service's and a producer's", async () => {
  await withStorage(async (storage) => {
    const now = Date.now();
    assertEquals(said(await checkClock(undefined, [], storage, now)), ["ok: The clocks agree"]);
    const created_at = new Date(now + 3_600_000).toISOString();
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1", created_at });
    const service = {
      version: 1,
      service_id: "s1",
      pid: 1,
      host: "h",
      started_at: new Date(now + 120_000).toISOString(),
      concurrency: 1,
      model: "m",
      tools: [],
    };
    const disk = { whose: "The disk", ahead_ms: -600_000 };
    assertEquals(said(await checkClock(disk, [service], storage, now)), [
      "look: The disk's clock and this machine's differ by 10m0s: set them by NTP, or waits and " +
      "ages are wrong",
      "look: Service s1 says that it starts in 2m0s: the clock was set back",
      "look: Task t1 claims to be made in 1h0m: its producer's clock is ahead, or this one was set back",
    ]);
  });
});

/** What is said of a server that answers like this. */
async function ofServer(response: () => Response, api_key: string | undefined): Promise<string> {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, response);
  const base_url = `http://127.0.0.1:${server.addr.port}/v1`;
  const config = { base_url, api_key, offline: false, main_model: "m1", background_model: "m2" };
  const lines = said(await checkModel(config, never));
  assert(api_key === undefined || !lines.join().includes(api_key));
  return lines.join("\n").replace(`${base_url}/models`, "URL");
}

Deno.test("the model server is told with what it says of the key and of the models", async () => {
  const list = (...ids: string[]) => () => Response.json({ data: ids.map((id) => ({ id })) });
  const status = (status: number) => () => new Response("", { status });
  assertEquals(
    await ofServer(list("m1", "m2:latest"), "k1-secret"),
    "ok: The model server answers and has m1, m2",
  );
  assertEquals(
    await ofServer(list("m1", "x"), "k1-secret"),
    "look: The model server answers but does not list m2: correct MAIN_MODEL, BACKGROUND_MODEL or " +
      "OPENAI_MODEL (it lists m1, x)",
  );
  assertEquals(
    await ofServer(status(401), "k1-secret"),
    "bad: The model server answers at URL with HTTP 401: it does not take the key: correct OPENAI_API_KEY",
  );
  assertEquals(
    await ofServer(status(401), undefined),
    "bad: The model server answers at URL with HTTP 401: it wants a key: set OPENAI_API_KEY",
  );
  assertEquals(
    await ofServer(status(500), undefined),
    "look: The model server answers at URL with HTTP 500: check OPENAI_BASE_URL, or try again later",
  );
  assertEquals(
    await ofServer(() => new Response("hello"), undefined),
    "look: What answers at URL sends no list of models: check that OPENAI_BASE_URL leads to an " +
      "OpenAI-compatible server",
  );
});
