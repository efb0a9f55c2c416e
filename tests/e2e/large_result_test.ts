/** A result of 200 kB: a file with a digest, and a chat that can talk about it without reading it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startModelServer } from "../support/model_server.ts";
import { Scene, stop } from "../support/scene.ts";
import { parts, questionOf, schedules, twoModels } from "../support/two_models.ts";

const REPORT = [
  "# The ferry is the cheapest way to Moss",
  ...Array.from({ length: 40 }, (_, n) => [
    `## Way ${n + 1}`,
    n === 33 ? "The zeppelin leaves at 07:15 from gate 9." : "Nothing of note.",
    "It takes a while and costs something. ".repeat(140).trim(),
  ]).flat(),
].join("\n\n");

Deno.test("a 200-kB result is a file with a digest, and the chat finds in it what is asked for", async () => {
  let id = "";
  await using server = await startModelServer(parts({
    worker: () => ({ text: REPORT, chunk_size: 4_000 }),
    chat: (request) => {
      if (questionOf(request) !== "What did it say about the zeppelin?") return schedules(request);
      const last = request.body.messages.at(-1);
      const found = last?.role === "tool" ? JSON.parse(last.content ?? "").matches : undefined;
      if (found !== undefined) {
        return { text: `It says: ${found[0].text.match(/The zeppelin.*/)[0]}` };
      }
      return {
        tool_calls: [{ name: "get_background_task", arguments: { id, find: "zeppelin" } }],
      };
    },
  }));
  await using scene = await Scene.open(twoModels(server.base_url));
  const service = await scene.service();
  const talk = (message: string) =>
    scene.main(["--conversation", "c1", "--message", message, "--wait", "--json"]);

  const first = JSON.parse((await talk("Compare all ways to Moss")).stdout);
  id = first.tasks[0].id;
  const record = await scene.completed(id);
  assert(REPORT.length > 200_000);
  assertEquals(Deno.readTextFileSync(scene.path(`artifacts/${id}/result.md`)), REPORT);
  assertEquals([record.result_artifact, record.artifacts], ["result.md", ["result.md"]]);
  assertEquals(record.summary, "The ferry is the cheapest way to Moss");
  const [notification] = first.notifications;
  assertEquals([notification.summary, notification.message], [record.summary, record.result]);
  const lines = notification.message.split("\n");
  assertEquals(lines.slice(0, 6), [
    "The ferry is the cheapest way to Moss",
    "",
    `The whole result is the file artifacts/${id}/result.md (${
      REPORT.length.toLocaleString("en")
    } characters, ${Math.ceil(REPORT.length / 1_000)} kB).`,
    "",
    "Its headings:",
    "- Way 1",
  ]);
  assertStringIncludes(
    notification.message,
    "- … and 24 more\n\nIt begins:\n\n## Way 1\n\nNothing",
  );
  assert(notification.message.length <= 4_000);

  const second = JSON.parse((await talk("What did it say about the zeppelin?")).stdout);
  assertEquals(second.reply, "It says: The zeppelin leaves at 07:15 from gate 9.");
  const sent = JSON.stringify(server.requests.at(-1)?.body.messages).length;
  assert(sent < 16_000, `${sent} characters were sent to the chat's model`);
  assertEquals((await stop(service)).code, 0);
});
