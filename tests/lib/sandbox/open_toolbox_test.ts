import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ToolsFileError } from "../../../lib/sandbox/tools_file.ts";
import { errorOf, outputOf, toolSource, withToolbox } from "./toolbox_fixture.ts";

const ECHO = toolSource("echo", `return args.text;`);

/** The reason of a tool that is left out. */
function reasonOf(
  catalogue: readonly { name: string; enabled: boolean; reason: string | null }[],
  name: string,
): string {
  const entry = catalogue.find((e) => e.name === name);
  assert(entry !== undefined, `no entry ${name}`);
  assertEquals(entry.enabled, false);
  return entry.reason ?? "";
}

Deno.test("openToolbox() tells everything that a tool declares", async () => {
  const source = toolSource(
    "full",
    `return "";`,
    `permissions: ({ host }) => ({ net: [host], read: ["./workspace"] }),
     settings: z.object({ host: z.string().default("example.com") }),
     timeout_seconds: 7,
     memory_mb: 99,`,
  );
  const toolsJson = { full: { settings: { host: "localhost:8000" } } };
  await withToolbox({ tools: { full: source }, toolsJson }, async (toolbox) => {
    assertEquals(toolbox.catalogue, [{
      name: "full",
      description: "A tool for a test.",
      parameters: { type: "object", properties: { text: { type: "string", default: "" } } },
      permissions: { net: ["localhost:8000"], read: ["./workspace"] },
      effects: "none",
      timeout_seconds: 7,
      memory_mb: 99,
      enabled: true,
      reason: null,
    }]);
    await Promise.resolve();
  });
});

Deno.test("openToolbox() takes a tool that says no more than it must, with the defaults", async () => {
  const source = `import { defineTool, z } from "tool";
export default defineTool({
  name: "small", description: "Small.", parameters: z.object({}), run: () => ({ a: 1 }),
});`;
  await withToolbox({ tools: { small: source } }, async (toolbox) => {
    const [entry] = toolbox.catalogue;
    assertEquals([entry?.effects, entry?.timeout_seconds, entry?.memory_mb], ["once", 30, 128]);
    assertEquals(entry?.permissions, {});
    assertEquals(outputOf(await toolbox.run("small")), '{"a":1}');
  });
});

Deno.test("openToolbox() leaves out what cannot be read, with its reason, and takes the others", async () => {
  const tools = {
    echo: ECHO,
    throws: `throw new Error("no fridge");`,
    hangs: `await new Promise(() => {}); export default {};`,
    loops: `for (;;);`,
    floods: `for (;;) console.log("x".repeat(100000));`,
    exits: `Deno.exit(0);`,
    fills: `const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));`,
    reads: `Deno.readTextFileSync("/etc/passwd");`,
    imports: `import text from "/etc/passwd" with { type: "text" }; console.log(text);`,
    empty: ``,
    wrong: `this is no program`,
    bad_name: toolSource("bad name!", `return "";`),
    thief: toolSource("echo", `return "stolen";`),
    bad_memory: toolSource("bad_memory", `return "";`, `memory_mb: 1,`),
    bad_permission: toolSource("bad_permission", `return "";`, `permissions: { all: true },`),
    bad_settings: toolSource("bad_settings", `return "";`, `settings: z.object({ url: z.url() }),`),
    more_settings: toolSource("more_settings", `return "";`),
    twin_a: toolSource("twin", `return "a";`),
    twin_b: toolSource("twin", `return "b";`),
  };
  const toolsJson = {
    bad_settings: { settings: { url: "nowhere" } },
    more_settings: { settings: { urll: "x" } },
  };
  await withToolbox({ tools, toolsJson, limits: { start_seconds: 4 } }, async (toolbox) => {
    const reason = (name: string) => reasonOf(toolbox.catalogue, name);
    assertEquals(reason("throws"), "no fridge");
    assertEquals(reason("hangs"), "it did not declare itself within 4 s and was stopped");
    assertEquals(reason("loops"), "it did not declare itself within 4 s and was stopped");
    assertEquals(reason("floods"), "it printed more than 1048576 bytes and was stopped");
    assertEquals(reason("exits"), "it ended its own process with exit code 0");
    assertEquals(reason("fills"), "it used more than its 256 MB of memory and was stopped");
    assertMatch(reason("reads"), /^Requires read access to "\/etc\/passwd"/);
    assertMatch(reason("imports"), /^Requires read access to "\/etc\/passwd"/);
    assertEquals(reason("empty"), "it has no default export made by defineTool");
    assertMatch(reason("wrong"), /Expected ';'/);
    assertMatch(reason("bad_name"), /^its name is "bad name!", expected a letter/);
    assertEquals(reason("thief"), 'its name "echo" is that of "echo.ts"');
    assertMatch(reason("bad_memory"), /^its memory_mb does not fit: Too small/);
    assertMatch(reason("bad_permission"), /^its permissions does not fit: Unrecognized key: "all"/);
    assertMatch(
      reason("bad_settings"),
      /^its settings in tools\.json do not fit: url: Invalid URL/,
    );
    assertEquals(
      reason("more_settings"),
      'its settings in tools.json do not fit: the object: Unrecognized key: "urll"',
    );
    assertEquals(reason("twin_b"), 'its name "twin" is that of "twin_a.ts"');
    assertEquals(outputOf(await toolbox.run("twin")), "a");
    assertEquals(outputOf(await toolbox.run("echo", { text: "hello" })), "hello");
    assertEquals(toolbox.catalogue.filter((e) => e.enabled).map((e) => e.name), ["echo", "twin"]);
    assert(toolbox.warnings.includes('The tool "throws" is left out: no fridge.'));
    assertEquals(
      errorOf(await toolbox.run("throws")),
      'The tool "throws" cannot be used: no fridge.',
    );
  });
});

Deno.test("openToolbox() reports a tool whose package cannot be loaded", async () => {
  const source = `import "npm:@background-task/there-is-no-such-package@1.0.0";\n${ECHO}`;
  const environment = { ...Deno.env.toObject(), NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" };
  await withToolbox({ tools: { echo: source }, environment }, async (toolbox) => {
    const reason = reasonOf(toolbox.catalogue, "echo");
    assertMatch(reason, /^its packages cannot be loaded: .*there-is-no-such-package/s);
    await Promise.resolve();
  });
});

const FINDER = toolSource(
  "finder",
  `return context.settings.url;`,
  `settings: z.object({ url: z.string().optional() }),
   permissions: ({ url }) => url === undefined ? { run: ["find"] } : {},
   unavailable: ({ url }) =>
     url === undefined ? 'it needs a server: name one in "finder".settings.url' : undefined,`,
);
const NO_SERVER = 'it needs a server: name one in "finder".settings.url';

Deno.test("openToolbox() leaves out a tool that its settings do not switch on, without a warning", async () => {
  await withToolbox({ tools: { finder: FINDER } }, async (toolbox) => {
    assertEquals(reasonOf(toolbox.catalogue, "finder"), NO_SERVER);
    assertEquals(toolbox.catalogue[0]?.off, true);
    assertEquals(toolbox.warnings, []);
    assertEquals(
      errorOf(await toolbox.run("finder")),
      `The tool "finder" cannot be used: ${NO_SERVER}.`,
    );
  });
  const on = { finder: { settings: { url: "here" } } };
  await withToolbox({ tools: { finder: FINDER }, toolsJson: on }, async (toolbox) => {
    assertEquals(outputOf(await toolbox.run("finder")), "here");
    assertEquals(Object.hasOwn(toolbox.catalogue[0] ?? {}, "off"), false);
  });
});

Deno.test("openToolbox() warns of a tool that tools.json enables and does not switch on", async () => {
  const toolsJson = { finder: { enabled: true } };
  await withToolbox({ tools: { finder: FINDER }, toolsJson }, async (toolbox) => {
    assertEquals(reasonOf(toolbox.catalogue, "finder"), NO_SERVER);
    assertEquals(toolbox.catalogue[0]?.off, undefined);
    assertEquals(toolbox.warnings, [`The tool "finder" is left out: ${NO_SERVER}.`]);
    await Promise.resolve();
  });
});

Deno.test("openToolbox() leaves out what tools.json disables, without a warning", async () => {
  const toolsJson = { echo: { enabled: false }, nobody: {} };
  await withToolbox({ tools: { echo: ECHO }, toolsJson }, async (toolbox) => {
    assertEquals(reasonOf(toolbox.catalogue, "echo"), '"echo".enabled is false in tools.json');
    assertEquals(toolbox.catalogue[0]?.off, true);
    const file = `${toolbox.directory}/tools.json`;
    assertEquals(toolbox.warnings, [
      `The tools file "${file}" has "nobody", but no tool is named so.`,
    ]);
    await Promise.resolve();
  });
});

Deno.test("openToolbox() refuses a tools.json that is wrong", async () => {
  const open = () =>
    withToolbox({ tools: {}, toolsJson: { a: { enabled: "yes" } } }, () => Promise.resolve());
  const error = await assertRejects(open, ToolsFileError);
  assertMatch(error.message, /"a\.enabled" is "yes", expected true or false\.$/);
});

Deno.test("openToolbox() opens an empty toolbox where there are no tools", async () => {
  await withToolbox({ tools: {} }, async (toolbox) => {
    assertEquals(toolbox.catalogue, []);
    assertEquals(
      errorOf(await toolbox.run("any")),
      'There is no tool named "any": there are none.',
    );
  });
});

Deno.test("call() lists the tools there are when none has the name", async () => {
  await withToolbox({ tools: { echo: ECHO, two: toolSource("two", "") } }, async (toolbox) => {
    assertEquals(
      errorOf(await toolbox.run("ecko")),
      'There is no tool named "ecko": there are echo, two.',
    );
  });
});

Deno.test("call() says which arguments do not fit, and the tool does not run", async () => {
  await withToolbox({ tools: { echo: ECHO } }, async (toolbox) => {
    assertEquals(
      errorOf(await toolbox.run("echo", { text: 5 })),
      'The tool "echo" failed: the arguments do not fit: text: Invalid input: expected string, received number.',
    );
    assertMatch(errorOf(await toolbox.run("echo", "text")), /the arguments do not fit: the object/);
    assertMatch(errorOf(await toolbox.run("echo", null)), /the arguments do not fit: the object/);
  });
});

Deno.test("call() runs calls one after another in one warm process", async () => {
  await withToolbox({ tools: { echo: ECHO } }, async (toolbox) => {
    for (const text of ["1", "2", "3"]) {
      assertEquals(outputOf(await toolbox.run("echo", { text })), text);
    }
    assertEquals(toolbox.processes.length, 3);
    assertEquals(new Set(toolbox.processes.map(({ instance }) => instance)).size, 1);
  });
});

Deno.test("call() runs calls at a time in processes of their own, up to the limit", async () => {
  const source = toolSource(
    "echo",
    `await new Promise((r) => setTimeout(r, 50)); return args.text;`,
  );
  const limits = { processes_per_tool: 2 };
  await withToolbox({ tools: { echo: source }, limits }, async (toolbox) => {
    const texts = ["1", "2", "3", "4", "5"];
    const results = await Promise.all(texts.map((text) => toolbox.run("echo", { text })));
    assertEquals(results.map(outputOf), texts);
    assertEquals(new Set(toolbox.processes.map(({ pid }) => pid)).size, 2);
  });
});

Deno.test("call() ends a process that had nothing to do for a while", async () => {
  await withToolbox({ tools: { echo: ECHO }, limits: { idle_seconds: 0 } }, async (toolbox) => {
    await toolbox.run("echo");
    await new Promise((resolve) => setTimeout(resolve, 0));
    await toolbox.run("echo");
    const [first, second] = toolbox.processes;
    assert(first !== undefined && first.pid !== second?.pid);
  });
});

Deno.test("call() aborts the tool's signal when it is cancelled, and takes the tool's words", async () => {
  const source = toolSource(
    "waits",
    `const aborted = new Promise((r) => context.signal.addEventListener("abort", r));
     await context.artifact("started", "");
     await aborted;
     throw new Error("tidied up");`,
  );
  await withToolbox({ tools: { waits: source } }, async (toolbox) => {
    const controller = new AbortController();
    const onArtifact = (name: string) => {
      controller.abort();
      return Promise.resolve(name);
    };
    const result = await toolbox.run("waits", {}, { signal: controller.signal, onArtifact });
    assertEquals(errorOf(result), 'The tool "waits" failed: tidied up.');
  });
});

Deno.test("call() kills a tool that goes on after it was cancelled", async () => {
  const source = toolSource("stays", `await context.artifact("started", ""); for (;;);`);
  const limits = { cancel_grace_ms: 50 };
  await withToolbox({ tools: { stays: source }, limits }, async (toolbox) => {
    const controller = new AbortController();
    const onArtifact = (name: string) => {
      controller.abort();
      return Promise.resolve(name);
    };
    const result = await toolbox.run("stays", {}, { signal: controller.signal, onArtifact });
    assertEquals(errorOf(result), 'The tool "stays" failed: it was cancelled and stopped.');
  });
});

Deno.test("call() does not start what is cancelled already", async () => {
  await withToolbox({ tools: { echo: ECHO } }, async (toolbox) => {
    const result = await toolbox.run("echo", {}, { signal: AbortSignal.abort() });
    assertEquals(errorOf(result), 'The tool "echo" was not started: it was cancelled.');
    assertEquals(toolbox.processes, []);
  });
});

Deno.test("call() does not run a tool that is cancelled while its start is written down", async () => {
  const source = toolSource(
    "once",
    `await Deno.writeTextFile("workspace/ran", "1"); return "";`,
    `permissions: { write: ["workspace"] }, effects: "once",`,
  ).replace('effects: "none",', "");
  await withToolbox({ tools: { once: source } }, async (toolbox) => {
    const controller = new AbortController();
    const onStarted = async () => {
      controller.abort();
      await Promise.resolve();
    };
    const result = await toolbox.run("once", {}, { signal: controller.signal, onStarted });
    assertEquals(errorOf(result), 'The tool "once" was not started: it was cancelled.');
    // The process is as it was: another call runs in it, and only that one has written.
    const before = await Deno.readTextFile(`${toolbox.directory}/workspace/ran`).catch(() => "no");
    assertEquals(before, "no");
    await toolbox.run("once");
    assertEquals(await Deno.readTextFile(`${toolbox.directory}/workspace/ran`), "1");
  });
});

Deno.test("openToolbox() gives the settings of one name only, whatever a tool says it is called", async () => {
  // Where it would declare itself, it says another name.
  const source = `Object.defineProperty(Object.prototype, "toJSON", {
  value() { return this.type === "declaration" ? { type: "name", name: "other" } : this; },
});
${ECHO}`;
  const toolsJson = { echo: {}, other: { settings: { secret: "x" } } };
  const limits = { start_seconds: 2 };
  await withToolbox({ tools: { echo: source }, toolsJson, limits }, async (toolbox) => {
    const reason = reasonOf(toolbox.catalogue, "echo");
    assertEquals(reason, "it did not declare itself within 2 s and was stopped");
    await Promise.resolve();
  });
});

Deno.test("openToolbox() leaves out a tool whose parameters are no size for a model", async () => {
  const long = ECHO.replace("z.string()", 'z.string().describe("x".repeat(200_000))');
  await withToolbox({ tools: { echo: long } }, async (toolbox) => {
    assertEquals(
      reasonOf(toolbox.catalogue, "echo"),
      "its parameters does not fit: expected at most 100000 characters of JSON schema",
    );
    await Promise.resolve();
  });
});

Deno.test("call() gives up on a process that does not get ready when it is cancelled", async () => {
  // Declares itself at once, and hangs where it has been given a permission.
  const source = toolSource("slow", `return "";`, `permissions: { sys: ["hostname"] },`) +
    `if ((await Deno.permissions.query({ name: "sys", kind: "hostname" })).state === "granted") {
       await new Promise(() => {});
     }`;
  await withToolbox({ tools: { slow: source } }, async (toolbox) => {
    const controller = new AbortController();
    const result = toolbox.run("slow", {}, { signal: controller.signal });
    controller.abort();
    const began = performance.now();
    assertEquals(errorOf(await result), 'The tool "slow" was not started: it was cancelled.');
    assert(performance.now() - began < 8000, "it waited for the process");
  });
});

Deno.test("call() says so when a process does not get ready in time", async () => {
  const source = toolSource("slow", `return "";`, `permissions: { sys: ["hostname"] },`) +
    `if ((await Deno.permissions.query({ name: "sys", kind: "hostname" })).state === "granted") {
       await new Promise(() => {});
     }`;
  await withToolbox({ tools: { slow: source }, limits: { start_seconds: 3 } }, async (toolbox) => {
    assertEquals(
      errorOf(await toolbox.run("slow")),
      'The tool "slow" cannot be run: it was not ready within 3 s of its start and was stopped.',
    );
  });
});

Deno.test("openToolbox() asks for the variables that tools.json allows a tool", async () => {
  const run = `return Deno.env.get("CITY_OF_TOOL");`;
  const tools = { reads: toolSource("reads", run, `permissions: { env: ["CITY_OF_TOOL"] },`) };
  const toolsJson = { reads: { allow: { env: ["CITY_OF_TOOL"] } } };
  const asked: string[] = [];
  const variable = (name: string) => {
    asked.push(name);
    return "Oslo";
  };
  await withToolbox({ tools, toolsJson, variable }, async (toolbox) => {
    assertEquals(outputOf(await toolbox.run("reads")), "Oslo");
    assertEquals(asked, ["CITY_OF_TOOL"]);
    assertEquals(toolbox.warnings, []);
  });
});

Deno.test("openToolbox() warns of a variable that a tool may read and the service does not have", async () => {
  const tools = {
    reads: toolSource("reads", `return "";`, `permissions: { env: ["NOT_THERE"] },`),
  };
  const toolsJson = { reads: { allow: { env: ["NOT_THERE"] } } };
  await withToolbox({ tools, toolsJson }, async (toolbox) => {
    assertEquals(toolbox.warnings, [
      `The tool "reads" may read the variable "NOT_THERE", but the service has no value for it: ` +
      `set it in .env, or in the environment and the service's own --allow-env.`,
    ]);
    await Promise.resolve();
  });
});

Deno.test("call() waits for onStarted before the tool runs", async () => {
  const source = toolSource(
    "writes",
    `await Deno.writeTextFile("workspace/ran", "1"); return "";`,
    `permissions: { write: ["workspace"] },`,
  );
  await withToolbox({ tools: { writes: source } }, async (toolbox) => {
    const file = `${toolbox.directory}/workspace/ran`;
    let before: unknown;
    const onStarted = async () => {
      before = await Deno.stat(file).catch((error) => error);
    };
    outputOf(await toolbox.run("writes", {}, { onStarted }));
    assert(before instanceof Deno.errors.NotFound);
    assertEquals(await Deno.readTextFile(file), "1");
  });
});

Deno.test("call() rejects with the caller's error when onStarted fails, and the tool does not run", async () => {
  await withToolbox({ tools: { echo: ECHO } }, async (toolbox) => {
    const onStarted = () => Promise.reject(new Error("the disk is full"));
    await assertRejects(() => toolbox.run("echo", {}, { onStarted }), Error, "the disk is full");
    assertEquals(outputOf(await toolbox.run("echo", { text: "on" })), "on");
  });
});

Deno.test("call() gives the tool its task, key and settings, and keeps its artifacts", async () => {
  const source = toolSource(
    "makes",
    `const name = await context.artifact("bytes.bin", new Uint8Array([0, 10, 255]));
     await context.artifact("text.txt", "å\\n");
     const { task_id, idempotency_key, settings } = context;
     return { name, task_id, idempotency_key, settings };`,
    `settings: z.object({ color: z.string().default("red"), size: z.int().default(1) }),`,
  );
  const toolsJson = { makes: { settings: { size: 5 } } };
  await withToolbox({ tools: { makes: source }, toolsJson }, async (toolbox) => {
    const output = outputOf(await toolbox.run("makes", {}, { idempotency_key: "task1/7/call9" }));
    assertEquals(JSON.parse(output), {
      name: "bytes.bin",
      task_id: "task1",
      idempotency_key: "task1/7/call9",
      settings: { color: "red", size: 5 },
    });
    assertEquals(toolbox.artifacts.get("bytes.bin"), new Uint8Array([0, 10, 255]));
    assertEquals(toolbox.artifacts.get("text.txt"), new TextEncoder().encode("å\n"));
  });
});

Deno.test("call() tells the tool why an artifact was refused", async () => {
  const source = toolSource(
    "makes",
    `return await context.artifact(args.text, new Uint8Array(args.text === "big" ? 2000 : 1));`,
  );
  const limits = { artifact_bytes: 1000 };
  await withToolbox({ tools: { makes: source }, limits }, async (toolbox) => {
    const onArtifact = (name: string) =>
      name === "fine" ? Promise.resolve(name) : Promise.reject(new RangeError("a bad name"));
    const run = (text: string) => toolbox.run("makes", { text }, { onArtifact });
    assertEquals(errorOf(await run("../x")), 'The tool "makes" failed: a bad name.');
    assertEquals(
      errorOf(await run("big")),
      'The tool "makes" failed: the artifact "big" has 2000 bytes, expected at most 1000.',
    );
    assertEquals(outputOf(await run("fine")), "fine");
  });
});

Deno.test("call() carries arguments and answers of many sizes and characters", async () => {
  await withToolbox({ tools: { echo: ECHO } }, async (toolbox) => {
    for (const text of ["", "\n\n", "å😀\u0000\u2028", "x".repeat(500_000), '{"type":"ready"}']) {
      assertEquals(outputOf(await toolbox.run("echo", { text })), text);
    }
  });
});

Deno.test("close() ends running calls with an error and every process", async () => {
  const source = toolSource("waits", `await context.artifact("a", ""); for (;;);`);
  await withToolbox({ tools: { waits: source } }, async (toolbox) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onArtifact = (name: string) => {
      resolve();
      return Promise.resolve(name);
    };
    const running = toolbox.run("waits", {}, { onArtifact });
    await promise;
    await toolbox.close();
    assertEquals(errorOf(await running), 'The tool "waits" failed: the service is stopping.');
    assertEquals(
      errorOf(await toolbox.run("waits")),
      'The tool "waits" was not started: the service is stopping.',
    );
  });
});

Deno.test("openToolbox() leaves out a tool that declares no name, by its file's name", async () => {
  const nameless = `import { defineTool, z } from "tool";
export default defineTool({ description: "x", parameters: z.object({}), run: () => 1 });`;
  await withToolbox({ tools: { nameless } }, (toolbox) => {
    const [entry] = toolbox.catalogue;
    assertEquals([entry?.name, entry?.enabled], ["nameless", false]);
    assert(entry?.reason?.includes("it declares no name"), entry?.reason ?? "no reason");
    return Promise.resolve();
  });
});
