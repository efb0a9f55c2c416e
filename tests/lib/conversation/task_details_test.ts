import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MainTools } from "../../../lib/conversation/main_tools.ts";
import type { Storage } from "../../../lib/open_storage.ts";
import { withStorage } from "../../support/temp_storage.ts";
import { claimedTask, completed, endedTask } from "./ended_task.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const signal = new AbortController().signal;

async function look(storage: Storage, id: string, wanted: Record<string, unknown> = {}) {
  const tools = new MainTools({ ...storage, conversation_id: "c1", now: Date.now });
  return JSON.parse(
    await tools.call("get_background_task", JSON.stringify({ id, ...wanted }), signal),
  );
}

Deno.test("get_background_task gives a short result whole and a long one in parts", async () => {
  await withStorage(async (storage) => {
    const short = await look(storage, await endedTask(storage, "c1", "A", completed("12 °C")));
    assertEquals([short.result, short.summary, short.prompt], ["12 °C", "12 °C", "Do A."]);
    assert(!("offset" in short) && !("artifacts" in short));

    const text = `The headline.\n\n${"A sentence of the text.\n\n".repeat(1_500)}The ferry leaves.`;
    const id = await endedTask(storage, "c1", "B", completed(text));
    const first = await look(storage, id);
    assert(first.result.length <= 4_000 && first.result.endsWith("text."));
    assertEquals([first.summary, first.offset, first.characters], [
      "The headline.",
      0,
      text.length,
    ]);
    const next = await look(storage, id, { offset: first.next_offset, length: 100 });
    assertEquals(first.next_offset, first.result.length);
    assertEquals(next.result.trimStart().slice(0, 23), "A sentence of the text.");
    assert(next.result.length <= 100 && !("prompt" in next));
    const found = await look(storage, id, { find: "the FERRY" });
    assertEquals([found.found, found.matches.length, "result" in found], [1, 1, false]);
    assertStringIncludes(found.matches[0].text, "The ferry leaves.");
    const none = await look(storage, id, { find: "submarine" });
    assertEquals([none.found, none.matches], [0, []]);
  });
});

Deno.test("get_background_task reaches into a result that is a file, and into other artifacts", async () => {
  await withStorage(async (storage) => {
    const claimed = await claimedTask(storage, "c1", "Report");
    const { id } = claimed.record;
    await storage.artifacts.write(id, "result.md", encode(`Head.\n\n${"x\n".repeat(50_000)}Moss!`));
    await storage.artifacts.write(id, "prices.csv", encode("month,price\nmay,7\n"));
    await storage.artifacts.write(id, "chart.png", new Uint8Array([137, 80, 0, 1]));
    await claimed.finish(completed("Head.\n\nThe whole result is a file.", {
      result_artifact: "result.md",
      artifacts: ["chart.png", "prices.csv", "result.md"],
    }));
    const seen = await look(storage, id);
    assertEquals([seen.result, seen.whole_result_is_artifact], [
      "Head.\n\nThe whole result is a file.",
      "result.md",
    ]);
    assertEquals(seen.artifacts, [
      { name: "chart.png", size_bytes: 4 },
      { name: "prices.csv", size_bytes: 18 },
    ]);
    const found = await look(storage, id, { find: "Moss" });
    assertStringIncludes(found.matches[0].text, "Moss!");
    const start = await look(storage, id, { offset: 0, length: 10 });
    assertEquals([start.characters, start.result.slice(0, 5)], [100_012, "Head."]);
    const csv = await look(storage, id, { artifact: "prices.csv" });
    assertEquals([csv.artifact, csv.text], ["prices.csv", "month,price\nmay,7\n"]);
    const error = async (artifact: string) => (await look(storage, id, { artifact })).error;
    assertEquals(await error("chart.png"), 'The artifact "chart.png" is no text.');
    for (const name of ["none.txt", "../../tasks/pending/x.json", ".."]) {
      assertEquals(await error(name), `The task has no artifact "${name}".`);
    }
  });
});

Deno.test("get_background_task says what a running task is doing just now", async () => {
  await withStorage(async (storage) => {
    const claimed = await claimedTask(storage, "c1", "Weather");
    const { id, incarnation } = claimed.record;
    const doing = async () => (await look(storage, id)).activity;
    assertEquals((await doing()).doing, "about to begin");
    const journal = await storage.journals.open(id, incarnation);
    try {
      await journal.append({ type: "attempt_started", run: 1, attempt: 1, service_id: "s" });
      await journal.append({
        type: "tool_started",
        step: 1,
        call_id: "a",
        name: "get_weather",
        arguments: `{"place":"${"Oslo".repeat(500)}"}`,
        effects: "none",
      });
      const { tools, since, ...rest } = await doing();
      assertEquals(rest, {
        doing: "running tools",
        model_answers_so_far: 0,
        at_most: 30,
        tool_calls_done: 0,
      });
      assertEquals([tools.length, tools[0].name, typeof since], [1, "get_weather", "string"]);
      assert(tools[0].arguments.length < 350);
      await journal.append({
        type: "tool_finished",
        step: 1,
        call_id: "a",
        output: "rain",
        duration_ms: 1,
      });
      assertEquals((await doing()).doing, "waiting for the worker's model");
    } finally {
      journal.close();
      claimed.abandon();
    }
  });
});
