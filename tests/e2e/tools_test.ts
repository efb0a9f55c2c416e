/** What tools keep for a task and its conversation, as the whole service does it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { commandLines, noProcessWith, uniqueSeconds } from "../support/command_lines.ts";
import { eventually } from "../support/eventually.ts";
import { type RecordedRequest, type Reply, startModelServer } from "../support/model_server.ts";
import { Scene } from "../support/scene.ts";
import { lastMessage, promptOf } from "../support/two_models.ts";

/** A model that makes the calls which the prompt names, as JSON, and says what came of the last. */
function doesAsPrompted(request: RecordedRequest): Reply {
  const { role, content } = lastMessage(request);
  if (role === "tool") return { text: content ?? "" };
  const calls = JSON.parse(promptOf(request)) as [string, Record<string, unknown>][];
  return { tool_calls: calls.map(([name, args]) => ({ name, arguments: args })) };
}

Deno.test("a file that a task wrote is named in its record, and its notes are found by later tasks", async () => {
  await using model = await startModelServer(doesAsPrompted);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
  await scene.service();
  const run = async (id: string, fields: Record<string, unknown>, calls: unknown) => {
    scene.submit(id, { prompt: JSON.stringify(calls), ...fields });
    return await scene.completed(id);
  };

  const wrote = await run("t1", {}, [
    ["remember", { note: "Reports go to Anna." }],
    ["write_file", { path: "reports/may.md", content: "# May" }],
  ]);
  assertEquals(wrote.artifacts, ["reports-may.md"]);
  assertMatch(String(wrote.result), /^Wrote "reports\/may\.md" into the output directory/);
  const output = join(scene.root, "workspace", "output", "reports", "may.md");
  assertEquals(Deno.readTextFileSync(output), "# May");
  assertEquals(Deno.readTextFileSync(scene.path("artifacts/t1/reports-may.md")), "# May");

  const found = await run("t2", {}, [["recall", { words: "who gets reports" }]]);
  assertMatch(String(found.result), /^- \S+: Reports go to Anna\.$/);
  const other = await run("t3", { conversation_id: "c2" }, [["recall", {}]]);
  assertEquals(other.result, "This conversation has no notes yet.");
  assertEquals(Deno.statSync(join(scene.root, "notes")).mode! & 0o777, 0o700);
});

Deno.test("a tool that is off by what tools.json does not say is no problem to the doctor or the log", async () => {
  await using scene = await Scene.open();
  const service = await scene.service();
  const { code, stdout } = await scene.tasks(["doctor", "--json"]);
  assertEquals(code, 0, stdout);
  const { services, problems } = JSON.parse(stdout);
  assertEquals(problems, []);
  const entry = services[0].tools.find(({ name }: { name: string }) => name === "run_command");
  assertEquals([entry.enabled, entry.off], [false, true]);
  assertMatch(entry.reason, /"run_command"\.settings\.programs/);
  service.kill("SIGTERM");
  const { stderr } = await service.ended;
  assert(!stderr.includes("run_command"), stderr);
});

Deno.test("a tool that is named in tools.json and not allowed what it needs is a problem", async () => {
  const tools = { run_command: { settings: { programs: ["git"] } } };
  await using scene = await Scene.open({}, { tools });
  await scene.service();
  const { code, stdout } = await scene.tasks(["doctor", "--json"]);
  assertEquals(code, 1);
  const { problems } = JSON.parse(stdout);
  assertEquals(problems.length, 1);
  assertMatch(
    problems[0],
    /without the tool "run_command": .*add {"run":\["git"\]} to "run_command"\.allow there$/,
  );
});

Deno.test("a command outlives no service: the next one ends it, and does not run it again", {
  // Elsewhere no process tells whose it is.
  ignore: Deno.build.os !== "linux",
}, async () => {
  const tools = { run_command: { settings: { programs: ["sh"] }, allow: { run: ["sh"] } } };
  await using model = await startModelServer(doesAsPrompted);
  await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url }, { tools });
  const seconds = uniqueSeconds();
  const service = await scene.service();
  const script = `echo run >> runs; setsid sleep ${seconds}`;
  const call = ["run_command", { program: "sh", args: ["-c", script] }];
  scene.submit("t1", { prompt: JSON.stringify([call]) });
  const sleeps = async () => (await commandLines()).includes(`sleep\0${seconds}`);
  await eventually("the command", sleeps);
  service.kill("SIGKILL");
  await service.ended;
  assert(await sleeps(), "it outlives the kill");

  await scene.service();
  const { result } = await scene.completed("t1");
  assertMatch(String(result), /^Error: This call was interrupted after it had started/);
  await noProcessWith(seconds);
  assertEquals(Deno.readTextFileSync(join(scene.root, "workspace", "runs")), "run\n");
});
