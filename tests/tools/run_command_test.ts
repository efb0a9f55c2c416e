import { assert, assertEquals, assertMatch } from "@std/assert";
import { noProcessWith, uniqueSeconds } from "../support/command_lines.ts";
import { outputOf, withToolbox } from "../lib/sandbox/toolbox_fixture.ts";
import { type Run, withTool } from "./project_tools.ts";

const FAILED = 'Error: The tool "run_command" failed: ';

/** tools.json with these programs switched on. */
function programs(names: readonly string[], settings: Record<string, unknown> = {}) {
  return { run_command: { settings: { programs: names, ...settings }, allow: { run: names } } };
}

/** Runs a script of `sh`. */
function shell(run: Run): (script: string) => Promise<string> {
  return (script) => run({ program: "sh", args: ["-c", script] });
}

Deno.test("run_command is off, without a fault, until the operator names programs twice", async () => {
  const entryWith = async (toolsJson?: unknown) => {
    let found: unknown[] = [];
    await withToolbox({ toolsJson }, async ({ catalogue, warnings }) => {
      const entry = catalogue.find(({ name }) => name === "run_command");
      found = [entry?.enabled, entry?.off, entry?.reason, warnings];
      await Promise.resolve();
    });
    return found;
  };
  assertEquals(await entryWith(), [
    false,
    true,
    'it starts only programs that are named in "run_command".settings.programs and in ' +
    '"run_command".allow.run in tools.json, and there are none',
    [],
  ]);
  const needsAllow = 'it needs run access to "git", which tools.json does not allow: to allow ' +
    'it, add {"run":["git"]} to "run_command".allow there';
  assertEquals(await entryWith({ run_command: { settings: { programs: ["git"] } } }), [
    false,
    undefined,
    needsAllow,
    [`The tool "run_command" is left out: ${needsAllow}.`],
  ]);
});

Deno.test("run_command tells the model which programs there are", async () => {
  await withTool("run_command", { toolsJson: programs(["cat", "sh"]) }, async (_, toolbox) => {
    const entry = toolbox.catalogue.find(({ name }) => name === "run_command");
    assertEquals(entry?.effects, "once");
    assertMatch(entry?.description ?? "", /The programs are: cat, sh\. There is no shell/);
    await Promise.resolve();
  });
});

Deno.test("run_command runs a program and tells its exit code and output", async (t) => {
  const toolsJson = programs(["echo", "sh", "cat", "no-such-program"]);
  await withTool("run_command", { toolsJson }, async (run, { directory }) => {
    await t.step("with its arguments as they are", async () => {
      assertEquals(
        await run({ program: "echo", args: ["$HOME", "*", "a  b; ls", "å😀"] }),
        "Exit code 0.\nStandard output:\n$HOME * a  b; ls å😀",
      );
    });
    await t.step("with what it says and how it ends", async () => {
      assertEquals(
        await shell(run)("echo out; echo err >&2; exit 3"),
        "Exit code 3.\nStandard output:\nout\nStandard error:\nerr",
      );
      assertEquals(await shell(run)("kill -TERM $$"), "Ended by SIGTERM.");
      assertEquals(await shell(run)("true"), "Exit code 0.");
    });
    await t.step("with its input", async () => {
      const input = "line å\n".repeat(1000);
      assertEquals(
        await run({ program: "cat", input }),
        `Exit code 0.\nStandard output:\n${input.trimEnd()}`,
      );
      assertEquals(await run({ program: "cat" }), "Exit code 0.");
      assertEquals(
        await run({ program: "echo", args: ["unread"], input }),
        [
          "Exit code 0.\nStandard output:\nunread",
        ].join(),
      );
    });
    await t.step("in the workspace", async () => {
      assertEquals(
        await shell(run)("pwd"),
        `Exit code 0.\nStandard output:\n${directory}/workspace`,
      );
    });
    await t.step("only where it is named, and there", async () => {
      assertEquals(
        await run({ program: "ls" }),
        `${FAILED}"ls" is no program that may be run, expected one of echo, sh, cat, ` +
          "no-such-program.",
      );
      assert(
        (await run({ program: "no-such-program" })).startsWith(
          `${FAILED}"no-such-program" cannot be started: is it installed, and on the service's ` +
            "PATH?",
        ),
      );
    });
  });
});

Deno.test("run_command gives programs next to no environment, and what the settings name", async () => {
  const environment = { ...Deno.env.toObject(), OPENAI_API_KEY: "sk-secret", HTTP_PROXY: "p" };
  const toolsJson = programs(["env"], { environment: { LANG: "C.UTF-8" } });
  await withTool("run_command", { toolsJson, environment }, async (run) => {
    const lines = (await run({ program: "env" })).split("\n").slice(2);
    const names = lines.map((line) => line.split("=")[0]).sort();
    assertEquals(names, ["DENO_DIR", "LANG", "PATH", "TOOL_INSTANCE"]);
  });
});

Deno.test("run_command shows the beginning and the end of a long output, and stops a flood", async () => {
  const toolsJson = programs(["sh", "yes"], { output_bytes: 1000 });
  await withTool("run_command", { toolsJson }, async (run) => {
    const told = await shell(run)(
      "echo begin; head -c 5000 /dev/zero | tr '\\0' x; echo; echo end",
    );
    assertMatch(
      told,
      /^Exit code 0\.\nStandard output:\nbegin\nx{494}\n\[… 4011 bytes left out …\]\nx{495}\nend$/,
    );
    const flood = await run({ program: "yes" });
    assertMatch(flood, /^Stopped: it wrote more than 50000000 bytes\.\nStandard output:\ny\ny\n/);
  });
});

Deno.test("run_command stops a program at its time limit, and what that has started", async () => {
  const seconds = uniqueSeconds();
  const toolsJson = programs(["sh"], { timeout_seconds: 0.5 });
  await withTool("run_command", { toolsJson }, async (run) => {
    assertEquals(
      await shell(run)(`echo begun; sleep ${seconds} & wait`),
      "Stopped: it had not ended after 0.5 s, which is its limit.\nStandard output:\nbegun",
    );
    await noProcessWith(seconds);
  });
});

Deno.test("run_command ends what a program leaves running, in a session of its own too", async () => {
  const seconds = uniqueSeconds();
  const leaves = Deno.build.os === "linux" ? ["sleep", "setsid sleep"] : ["sleep"];
  await withTool("run_command", { toolsJson: programs(["sh"]) }, async (run) => {
    for (const program of leaves) {
      assertEquals(
        await shell(run)(`${program} ${seconds} & echo left`),
        "Exit code 0.\nStandard output:\nleft",
      );
      await noProcessWith(seconds);
    }
  });
});

Deno.test("run_command stops a program, and what that has started, when the call is cancelled", async () => {
  const seconds = uniqueSeconds();
  const script = `echo begun > begun; sleep ${seconds} & wait`;
  const fixture = { toolsJson: programs(["sh"]), limits: { cancel_grace_ms: 10_000 } };
  await withTool("run_command", fixture, async (_, toolbox) => {
    const controller = new AbortController();
    const watcher = Deno.watchFs(`${toolbox.directory}/workspace`);
    const running = toolbox.run("run_command", { program: "sh", args: ["-c", script] }, {
      signal: controller.signal,
    });
    for await (const _event of watcher) break;
    controller.abort();
    assertEquals(outputOf(await running), "Stopped: the call was cancelled.");
    await noProcessWith(seconds);
  });
});
