/** A run over the real journal and artifacts on disk and a real connection to a model's server. */
import { assert, assertEquals } from "@std/assert";
import { runAgent } from "../../../lib/agent/run_agent.ts";
import { FileArtifacts } from "../../../lib/artifacts/file_artifacts.ts";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";
import { Flusher } from "../../../lib/disk/flusher.ts";
import { Layout } from "../../../lib/disk/layout.ts";
import { prepareTree } from "../../../lib/disk/prepare_tree.ts";
import { FileJournals } from "../../../lib/journal/file_journals.ts";
import { openModel } from "../../../lib/model/openai_model.ts";
import { startModelServer } from "../../support/model_server.ts";
import { fixture } from "./agent_fixture.ts";
import { FakeToolbox } from "./fake_toolbox.ts";

async function withTree(body: (layout: Layout) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "agent_" });
  try {
    const layout = new Layout(directory);
    await prepareTree(new DenoDisk(), layout, Date.now());
    await body(layout);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The parts of a service's life on a tree: a new life has new ones. */
function life(layout: Layout) {
  const disk = new DenoDisk();
  const context = { disk, flusher: new Flusher(disk, "full"), layout, now: Date.now };
  return { journals: new FileJournals(context), artifacts: new FileArtifacts(context) };
}

Deno.test("runAgent() goes on from a journal on disk that ends in a torn line", async () => {
  await withTree(async (layout) => {
    const long = "x".repeat(40_000);
    const tools = {
      look: { run: () => long },
      pay: { effects: "once" as const, run: () => "paid" },
    };
    await using server = await startModelServer([
      { tool_calls: [{ name: "look", arguments: {} }, { name: "pay", arguments: { n: 1 } }] },
      { status: 503, body: { error: { message: "Overloaded." } } },
      { text: "Paid and looked." },
    ]);
    const model = openModel({ name: "m1", base_url: server.base_url });

    const one = life(layout);
    const first = await one.journals.open("task-1", "incarnation-1");
    const { run } = fixture({ toolbox: new FakeToolbox(tools) });
    const broken = await runAgent({ ...run, journal: first, artifacts: one.artifacts, model });
    first.close();
    assert(broken.kind === "retry" && broken.uses_attempt, JSON.stringify(broken));
    const path = `${layout.journal}/task-1.jsonl`;
    await Deno.writeTextFile(path, '{"at":"2026-01-01T00:0', { append: true });

    const two = life(layout);
    const second = await two.journals.open("task-1", "incarnation-1");
    const toolbox = new FakeToolbox(tools);
    const again = { ...run, toolbox, journal: second, artifacts: two.artifacts, model };
    const outcome = await runAgent(again);
    second.close();
    assert(outcome.kind === "completed", JSON.stringify(outcome));
    assertEquals(outcome.result, "Paid and looked.");
    assertEquals(outcome.artifacts, ["step-1-1.txt"]);
    assertEquals(outcome.usage.model_calls, 2);
    assertEquals(toolbox.ran, [], "every call had its end in the journal");
    // The call that failed was repeated as it was.
    assertEquals(server.requests[2]?.body.messages, server.requests[1]?.body.messages);

    const types = (await two.journals.read("task-1")).map((entry) => entry.type);
    assertEquals(types.filter((type) => type.startsWith("attempt")), [
      "attempt_started",
      "attempt_ended",
      "attempt_started",
      "attempt_ended",
    ]);
  });
});
