/** Both programs in one terminal: started, stopped, killed, and one of them gone. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, type ModelServer, startModelServer } from "../support/model_server.ts";
import { denoArgs, PROJECT, startProgram } from "../support/program.ts";
import { Pty } from "../support/pty.ts";
import { end, Scene, stop } from "../support/scene.ts";
import { lastMessage, parts, schedules, twoModels } from "../support/two_models.ts";

/** A server whose chat schedules what it is told, and whose worker answers once the gate is open. */
function scheduling(gate?: Gate): Promise<ModelServer> {
  return startModelServer(parts({
    chat: schedules,
    worker: () => ({ text: "The answer is 42", ...(gate === undefined ? {} : { gate }) }),
  }));
}

/** One whose worker calculates first, so that a run has a step behind the gate and one after it. */
function calculating(gate: Gate): Promise<ModelServer> {
  return startModelServer(parts({
    chat: schedules,
    worker: (request) => {
      const last = lastMessage(request);
      if (last.role === "tool") return { text: `It is ${last.content}.` };
      return { gate, tool_calls: [{ name: "calculate", arguments: { expression: "6*7" } }] };
    },
  }));
}

/** `start` at a terminal, in a scene's directory. */
function startAtTerminal(
  scene: Scene,
  server: ModelServer,
  options: {
    readonly args?: readonly string[];
    readonly command?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Pty {
  const { args = [], command = ["deno", ...denoArgs("start")], env = {} } = options;
  return new Pty({
    command: [...command, "--dir", scene.directory, ...args],
    cwd: PROJECT,
    columns: 120,
    env: {
      ...twoModels(server.base_url),
      TOOLS_FILE: join(scene.root, "tools.json"),
      NO_COLOR: "1",
      ...env,
    },
  });
}

const isAtPrompt = (screen: string[]) => screen.at(-1) === ">";
const textOf = (pty: Pty) => pty.screen().join(" ");

/** Chats until a task has run, leaves, and looks for what is left. */
async function startAndLeave(env: Record<string, string>): Promise<void> {
  await using server = await scheduling();
  await using scene = await Scene.open();
  await using pty = startAtTerminal(scene, server, { env });
  await pty.until(isAtPrompt);
  assertStringIncludes(
    textOf(pty),
    `A background service runs beside this chat; its log: ${scene.path("service.log")}`,
  );
  assert(!textOf(pty).includes("No background service"), textOf(pty));
  await pty.type("think in the background\r");
  await pty.until("I have handed that over.");
  await pty.until("The answer is 42");
  await pty.type("\x03");
  assertEquals(await pty.exitCode(), 130);
  assertEquals(scene.names("services"), []);
  assertEquals(scene.names("tasks/running"), []);
  const log = await Deno.stat(scene.path("service.log"));
  assertEquals(log.mode! & 0o777, 0o600);
  assertMatch(Deno.readTextFileSync(scene.path("service.log")), / is ready, .* has stopped\n$/s);
}

Deno.test("start runs the service beside the chat and ends it with the chat", async () => {
  await startAndLeave({});
});

Deno.test("start finds and ends its service where deno is a script that starts the real one", async () => {
  const bin = await Deno.makeTempDir();
  try {
    const script = `#!/bin/sh\n'${Deno.execPath()}' "$@"\nexit $?\n`;
    await Deno.writeTextFile(join(bin, "deno"), script, { mode: 0o755 });
    await startAndLeave({ PATH: `${bin}:${Deno.env.get("PATH")}` });
  } finally {
    await Deno.remove(bin, { recursive: true });
  }
});

Deno.test("start answers one message, waits for its task, and keeps standard output clean", async () => {
  await using server = await scheduling();
  await using scene = await Scene.open(twoModels(server.base_url));
  const start = scene.start("start", ["--message", "think", "--wait", "--json"]);
  const { code, stdout, stderr } = await end(start);
  assertEquals([code, stderr], [0, ""]);
  const { tasks, notifications } = JSON.parse(stdout);
  assertEquals([tasks[0].state, notifications[0].message], ["completed", "The answer is 42"]);
  assertEquals(scene.names("services"), []);
});

Deno.test("start uses a service that runs already, and leaves it running", async () => {
  await using server = await scheduling();
  await using scene = await Scene.open(twoModels(server.base_url));
  const service = await scene.service();
  await using pty = startAtTerminal(scene, server);
  await pty.until(isAtPrompt);
  assertStringIncludes(
    textOf(pty),
    `Using the background service that runs (process ${service.pid}`,
  );
  await pty.type("\x04");
  assertEquals(await pty.exitCode(), 0);
  assertEquals(scene.names("services").length, 1);
  assertEquals(scene.has("service.log"), false);
  assertEquals((await stop(service)).code, 0);
});

Deno.test("start says why its service did not start, and where its log is", async () => {
  await using server = await scheduling();
  await using scene = await Scene.open(twoModels(server.base_url));
  await Deno.writeTextFile(join(scene.root, "tools.json"), "[");
  const { code, stdout, stderr } = await end(scene.start("start", ["--message", "hi"]));
  assertEquals([code, stdout], [3, ""]);
  assertMatch(
    stderr,
    /^error: The background service did not start: Cannot read the tools file ".*tools\.json": it is no JSON \(.*\)\. Its log: .*service\.log\n$/,
  );
});

Deno.test("start says so where there is no deno on the PATH", async () => {
  await using scene = await Scene.open();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "start", "--dir", scene.directory, "--message", "hi"],
    cwd: PROJECT,
    env: { PATH: scene.root, NO_COLOR: "1" },
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "error: Cannot start the background service: put deno on the PATH (",
  );
});

Deno.test("start tells the chat once that the service has ended, and the chat goes on", async () => {
  await using server = await scheduling();
  await using scene = await Scene.open();
  await using pty = startAtTerminal(scene, server);
  await pty.until(isAtPrompt);
  await pty.type("half a li");
  await pty.until((screen) => screen.at(-1) === "> half a li");
  const [name] = scene.names("services");
  const { pid } = scene.read(`services/${name}`) as { pid: number };
  Deno.kill(pid, "SIGKILL");
  await pty.until((screen) =>
    screen.at(-1) === "> half a li" && screen.join("").includes("SIGKILL")
  );
  assertStringIncludes(
    textOf(pty),
    "warning: the background service has ended (SIGKILL); tasks wait until one runs again (deno task",
  );
  assertStringIncludes(textOf(pty).replace(/\s+/g, " "), scene.path("service.log"));
  assertMatch(textOf(pty), /Its last words: .* is ready, 4 tasks at once/);
  await pty.type("ne\r");
  await pty.until("I have handed that over.");
  assertEquals(textOf(pty).match(/SIGKILL/g)?.length, 1);
  await pty.type("\x04");
  assertEquals(await pty.exitCode(), 0);
  assertStringIncludes(textOf(pty), "1 task waits until a service runs again.");
});

Deno.test("leaving the chat waits for the service's step, and a Ctrl-C then leaves at once", async () => {
  const gate = new Gate();
  await using server = await calculating(gate);
  await using scene = await Scene.open(twoModels(server.base_url));
  await using pty = startAtTerminal(scene, server);
  await pty.until(isAtPrompt);
  await pty.type("calculate\r");
  await soon("the task's model call", gate.reached);
  await pty.until("I have handed that over.");
  await pty.type("\x04");
  await pty.until(
    'Stopping the background service: "A task" goes on to the next finished step (Ctrl-C again leaves at once)…',
  );
  await pty.type("\x03");
  assertEquals(await pty.exitCode(), 0);
  const said = textOf(pty).replace(/\s+/g, " ");
  assertStringIncludes(
    said,
    "Leaving at once: what runs stays as it is, and the next service takes it up.",
  );
  assertStringIncludes(said, "1 task waits until a service runs again.");
  assertMatch(said, /This conversation has open tasks; back with --conversation [0-9A-Z]{26} /);
  assert(!said.includes("keeps running"), said);
  assertEquals(scene.ids("running").length, 1);

  gate.release();
  const [id = ""] = scene.ids("running");
  const next = await scene.service();
  assertEquals((await scene.completed(id)).result, "It is 42.");
  await stop(next);
});

Deno.test("a service that hears nothing any more is ended by a Ctrl-C after the chat", async () => {
  await using server = await scheduling();
  await using scene = await Scene.open();
  await using pty = startAtTerminal(scene, server);
  await pty.until(isAtPrompt);
  const [name] = scene.names("services");
  const { pid } = scene.read(`services/${name}`) as { pid: number };
  Deno.kill(pid, "SIGSTOP");
  await pty.type("\x04");
  await pty.until("Stopping the background service (Ctrl-C again leaves at once)…");
  await pty.type("\x03");
  assertEquals(await pty.exitCode(), 0);
  assertThrows(() => Deno.kill(pid, "SIGCONT"), Deno.errors.NotFound);
});

// Without an answer being typed the terminal is not raw, and Ctrl-C is a signal to all in front.
Deno.test("one Ctrl-C under deno task ends the turn and stops the service in order", async () => {
  const gate = new Gate();
  await using server = await calculating(gate);
  await using scene = await Scene.open();
  await using pty = startAtTerminal(scene, server, {
    command: ["deno", "task", "-q", "start"],
    args: ["--message", "calculate", "--wait"],
  });
  await soon("the task's model call", gate.reached);
  await pty.until("I have handed that over.");
  await pty.type("\x03");
  await pty.until("Stopping the background service");
  gate.release();
  assertEquals(await pty.exitCode(), 130);
  assert(!textOf(pty).includes("Leaving at once"), textOf(pty));
  assertStringIncludes(textOf(pty), "1 task waits until a service runs again.");
  const [id = ""] = scene.ids("pending");
  assertEquals(scene.record("pending", id)?.attempts?.[0]?.outcome, "interrupted");
  assertEquals(scene.journal(id).map(({ type }) => type).includes("model_answer"), true);
});

Deno.test("SIGTERM ends the chat and stops the service in order", async () => {
  const gate = new Gate();
  await using server = await calculating(gate);
  await using scene = await Scene.open(twoModels(server.base_url));
  const start = scene.start("start", ["--message", "calculate", "--wait"]);
  await soon("the task's model call", gate.reached);
  start.kill("SIGTERM");
  await soon("the stop", start.seen(/Stopping the background service/, "stderr"));
  gate.release();
  assertEquals((await end(start)).code, 143);
  assertEquals([scene.ids("pending").length, scene.names("services")], [1, []]);
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`${signal} closes the chat and gives the terminal back before the service has stopped`, async () => {
    const gate = new Gate();
    await using server = await calculating(gate);
    await using scene = await Scene.open();
    await using pty = startAtTerminal(scene, server);
    await pty.until(isAtPrompt);
    await pty.type("calculate\r");
    await soon("the task's model call", gate.reached);
    await pty.until("I have handed that over.");
    await pty.type("half typed");
    await pty.until("> half typed");
    const [name = ""] = scene.names("conversations");
    const log = Deno.readTextFileSync(scene.path(`conversations/${name}`));
    Deno.kill(JSON.parse(log.split("\n")[0]!).pid, signal);
    await pty.until("Stopping the background service");
    // Pastes are not marked any more, and what is typed does not get to the chat.
    assert(pty.raw.lastIndexOf("\x1b[?2004l") > pty.raw.lastIndexOf("\x1b[?2004h"));
    await pty.until("back with --conversation");
    const written = pty.raw.length;
    gate.release();
    assertEquals(await pty.exitCode(), code);
    assertEquals(pty.raw.slice(written).includes("> half typed"), false);
    assertEquals(scene.names("services"), []);
  });
}

Deno.test("SIGTERM stops an answer, and the chat leaves", async () => {
  await using server = await startModelServer([{ text: "never comes to its end", hang: "middle" }]);
  await using scene = await Scene.open();
  await using pty = startAtTerminal(scene, server);
  await pty.until(isAtPrompt);
  await pty.type("go\r");
  const asked = await server.request(1);
  await pty.until("never");
  const [name = ""] = scene.names("conversations");
  const log = Deno.readTextFileSync(scene.path(`conversations/${name}`));
  Deno.kill(JSON.parse(log.split("\n")[0]!).pid, "SIGTERM");
  assertEquals(await asked.closed, "disconnected");
  assertEquals(await pty.exitCode(), 143);
  assert(pty.raw.lastIndexOf("\x1b[?2004l") > pty.raw.lastIndexOf("\x1b[?2004h"));
});

Deno.test("the service stops in order by itself when start is killed", async () => {
  const gate = new Gate();
  await using server = await calculating(gate);
  await using scene = await Scene.open(twoModels(server.base_url));
  const start = startProgram("start", [
    "--dir",
    scene.directory,
    "--message",
    "calculate",
    "--wait",
  ], { env: { ...twoModels(server.base_url), TOOLS_FILE: join(scene.root, "tools.json") } });
  await soon("the task's model call", gate.reached);
  start.kill("SIGKILL");
  await end(start);
  gate.release();
  await eventually("no service", () => scene.names("services").length === 0);
  assertEquals(scene.ids("running"), []);
  const [id = ""] = scene.ids("pending");
  assertEquals(scene.record("pending", id)?.attempts?.[0]?.outcome, "interrupted");
});

Deno.test("the service stops in order when the terminal is closed", async () => {
  const gate = new Gate();
  await using server = await calculating(gate);
  await using scene = await Scene.open();
  {
    await using pty = startAtTerminal(scene, server);
    await pty.until(isAtPrompt);
    await pty.type("calculate\r");
    await soon("the task's model call", gate.reached);
  }
  gate.release();
  await eventually("no service", () => scene.names("services").length === 0);
  const [id = ""] = scene.ids("pending");
  assertEquals(scene.record("pending", id)?.attempts?.[0]?.outcome, "interrupted");
});
