/** Every kind of permission in real processes: declared, not declared, not allowed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Launch } from "../../../lib/sandbox/launch.ts";
import { commandLines, noProcessWith, uniqueSeconds } from "../../support/command_lines.ts";
import { LAUNCHES } from "../../support/launches.ts";
import { errorOf, outputOf, type TestToolbox, toolSource, withToolbox } from "./toolbox_fixture.ts";

interface Kind {
  /** What the tool does with the permission. */
  readonly run: string;
  readonly permissions: Record<string, unknown>;
  /** What tools.json has to allow; nothing where it is on by default. */
  readonly allow?: Record<string, unknown>;
  readonly output: string;
  readonly refused: RegExp;
}

const server = () =>
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("hello"));

/** The kinds, around a port on which a server says hello. */
function kinds(port: number): Record<string, Kind> {
  return {
    net: {
      run: `return await (await fetch("http://127.0.0.1:${port}/")).text();`,
      permissions: { net: [`127.0.0.1:${port}`] },
      output: "hello",
      refused: /Requires net access to "127\.0\.0\.1:\d+"/,
    },
    read: {
      run: `return await Deno.readTextFile("data/in.txt");`,
      permissions: { read: ["data"] },
      output: "data",
      refused: /Requires read access to "data\/in\.txt"/,
    },
    write: {
      run: `await Deno.writeTextFile("workspace/out.txt", "x"); return "written";`,
      permissions: { write: ["workspace"] },
      output: "written",
      refused: /Requires write access to "workspace\/out\.txt"/,
    },
    write_elsewhere: {
      run: `await Deno.writeTextFile("data/out.txt", "x"); return "written";`,
      permissions: { write: ["data"] },
      allow: { write: ["data"] },
      output: "written",
      refused: /Requires write access to "data\/out\.txt"/,
    },
    env: {
      run: `return Deno.env.get("CITY") ?? "none";`,
      permissions: { env: ["CITY"] },
      allow: { env: ["CITY"] },
      output: "Oslo",
      refused: /Requires env access to "CITY"/,
    },
    run: {
      run: `const { stdout } = await new Deno.Command("echo", { args: ["hi"] }).output();
            return new TextDecoder().decode(stdout).trim();`,
      permissions: { run: ["echo"] },
      allow: { run: ["echo"] },
      output: "hi",
      refused: /"echo"|'echo'/,
    },
    sys: {
      run: `return typeof Deno.hostname();`,
      permissions: { sys: ["hostname"] },
      output: "string",
      refused: /Requires sys access to "hostname"/,
    },
    ffi: {
      run: `try { Deno.dlopen("./data/none.so", {}); } catch (error) {
              if (error instanceof Deno.errors.NotCapable) throw error;
              return "tried";
            }`,
      permissions: { ffi: ["./data/none.so"] },
      allow: { ffi: ["./data/none.so"] },
      output: "tried",
      refused: /Requires ffi access/,
    },
  };
}

const { CITY: _, ...PLAIN } = Deno.env.toObject();
const ENVIRONMENT = { ...PLAIN, CITY: "Oslo", SECRET: "hidden" };

async function withKinds(
  toolsJson: (all: Record<string, Kind>) => Record<string, unknown>,
  declare: boolean,
  launch: Launch,
  body: (toolbox: TestToolbox, all: Record<string, Kind>) => Promise<void>,
): Promise<void> {
  const hello = server();
  const all = kinds(hello.addr.port);
  const tools = Object.fromEntries(
    Object.entries(all).map(([name, { run, permissions }]) => {
      const fields = declare ? `permissions: ${JSON.stringify(permissions)},` : "";
      return [name, toolSource(name, run, fields)];
    }),
  );
  try {
    const fixture = { launch, tools, toolsJson: toolsJson(all), environment: ENVIRONMENT };
    await withToolbox(fixture, async (toolbox) => {
      await Deno.mkdir(`${toolbox.directory}/data`);
      await Deno.writeTextFile(`${toolbox.directory}/data/in.txt`, "data");
      await body(toolbox, all);
    });
  } finally {
    await hello.shutdown();
  }
}

const allowAll = (all: Record<string, Kind>) =>
  Object.fromEntries(
    Object.entries(all).map(([name, { allow }]) => [name, { allow: allow ?? {} }]),
  );

Deno.test("openToolbox() leaves out a tool that needs what is off by default, and names the setting", async () => {
  await withKinds(() => ({}), true, { kind: "deno" }, async (toolbox, all) => {
    for (const [name, { allow, permissions }] of Object.entries(all)) {
      const entry = toolbox.catalogue.find((e) => e.name === name);
      assertEquals(entry?.enabled, allow === undefined, name);
      if (allow === undefined) continue;
      const setting = `add ${JSON.stringify(permissions)} to "${name}".allow there`;
      assert(entry?.reason?.endsWith(setting), `${name}: ${entry?.reason}`);
    }
    await Promise.resolve();
  });
});

Deno.test("openToolbox() leaves out a tool whose hosts the operator narrowed away", async () => {
  const source = toolSource(
    "net",
    `return "";`,
    `permissions: { net: ["a.example", "b.example"] },`,
  );
  const toolsJson = { net: { allow: { net: ["a.example"] } } };
  await withToolbox({ tools: { net: source }, toolsJson }, async (toolbox) => {
    assertEquals(
      toolbox.catalogue[0]?.reason,
      'it needs net access to "b.example", which tools.json does not allow: to allow it, add {"net":["b.example"]} to "net".allow there',
    );
    await Promise.resolve();
  });
});

const NEVER = {
  "its project's directory": ["."],
  "a directory above": [".."],
  "the root": ["/"],
  ".env": [".env"],
  "tools.json": ["tools.json"],
  "the tasks": ["persistent"],
  "a directory in the tasks": ["persistent/tasks"],
  "a link to the tasks": ["workspace/link"],
};

for (const [what, paths] of Object.entries(NEVER)) {
  Deno.test(`openToolbox() never lets a tool read ${what}`, async () => {
    const permissions = `permissions: { read: ${JSON.stringify(paths)} },`;
    const tools = { reads: toolSource("reads", `return "";`, permissions) };
    const toolsJson = { reads: { allow: { read: true } } };
    await withToolbox({ tools, toolsJson, before: linkToTasks }, async (toolbox) => {
      assertMatch(
        toolbox.catalogue[0]?.reason ?? "",
        /^it needs read access to ".*", which holds the project's own files or its tasks/,
      );
      await Promise.resolve();
    });
  });
}

async function linkToTasks(directory: string): Promise<void> {
  await Deno.symlink(`${directory}/persistent`, `${directory}/workspace/link`);
}

Deno.test("openToolbox() never lets a tool read everything or write code", async () => {
  const tools = {
    all: toolSource("all", `return "";`, `permissions: { read: true },`),
    code: toolSource("code", `return "";`, `permissions: { write: ["tools"] },`),
  };
  const toolsJson = { all: { allow: { read: true } }, code: { allow: { write: ["tools"] } } };
  await withToolbox({ tools, toolsJson }, async (toolbox) => {
    const [all, code] = toolbox.catalogue;
    assertMatch(all?.reason ?? "", /^it needs read access to every path, which no tool gets/);
    assertMatch(code?.reason ?? "", /^it needs write access to "tools", which holds/);
    await Promise.resolve();
  });
});

Deno.test("openToolbox() makes the workspace that a tool is granted", async () => {
  const permissions = `permissions: { read: ["./workspace"] },`;
  const tools = {
    lists: toolSource("lists", `return [...Deno.readDirSync("workspace")];`, permissions),
  };
  const before = (directory: string) => Deno.remove(`${directory}/workspace`);
  await withToolbox({ tools, before }, async (toolbox) => {
    assertEquals(outputOf(await toolbox.run("lists")), "[]");
  });
});

// A worker has the cache that the tool's own thread has not; it is on the disk.
const CACHE_TOOL = `
  const own = [typeof localStorage, typeof sessionStorage, typeof caches].join();
  const code = {
    put: 'await (await caches.open("x")).put("http://x.example/", new Response("left")); 0',
    look: 'const found = await (await caches.open("x")).match("http://x.example/"); found?.status ?? 0',
    remove: 'await caches.delete("x"); 0',
  }[args.text].replace(/; ([^;]*)$/, "; postMessage($1)");
  const url = "data:text/javascript," + encodeURIComponent(code);
  const worker = new Worker(url, { type: "module" });
  const found = await new Promise((resolve) => worker.onmessage = (event) => resolve(event.data));
  worker.terminate();
  return own + " " + found;`;

// Only from the sources: all tools of a binary are of one origin, and share what workers keep by it.
Deno.test("call() gives a tool no storage of its own, and never another tool's", async () => {
  const tools = {
    keeps: toolSource("test_keeps", CACHE_TOOL),
    looks: toolSource("test_looks", CACHE_TOOL),
  };
  await withToolbox({ tools }, async (toolbox) => {
    const run = async (name: string, text: string) => outputOf(await toolbox.run(name, { text }));
    assertEquals(await run("test_keeps", "put"), "undefined,undefined,undefined 0");
    assertEquals(await run("test_keeps", "look"), "undefined,undefined,undefined 200");
    assertEquals(await run("test_looks", "look"), "undefined,undefined,undefined 0");
    await run("test_keeps", "remove");
  });
});

Deno.test("openToolbox() gives no tool the eighth kind, import: who declares it is left out", async () => {
  const tools = {
    declares: toolSource("declares", `return "";`, `permissions: { import: ["example.com"] },`),
    all: toolSource("all", `return "";`, `permissions: { all: true },`),
  };
  await withToolbox({ tools }, async (toolbox) => {
    assertEquals(toolbox.catalogue.map(({ enabled }) => enabled), [false, false]);
    for (const { reason } of toolbox.catalogue) assertMatch(reason ?? "", /permissions/);
    await Promise.resolve();
  });
});

for (const [way, launch] of Object.entries(LAUNCHES)) {
  Deno.test(`call() lets a tool do what it declares and the operator allows${way}`, async () => {
    await withKinds(allowAll, true, launch, async (toolbox, all) => {
      for (const [name, { output }] of Object.entries(all)) {
        assertEquals(outputOf(await toolbox.run(name)), output, name);
      }
    });
  });

  Deno.test(`call() refuses a tool what it does not declare, whatever the operator allows${way}`, async () => {
    await withKinds(allowAll, false, launch, async (toolbox, all) => {
      for (const [name, { refused }] of Object.entries(all)) {
        assertMatch(errorOf(await toolbox.run(name)), refused, name);
      }
    });
  });

  Deno.test(`call() shows a tool no variable that it was not allowed${way}`, async () => {
    const source = toolSource(
      "env",
      `return Object.keys(Deno.env.toObject()).sort();`,
      `permissions: { env: true, net: ["example.com"] },`,
    );
    const toolsJson = { env: { allow: { env: true } } };
    const environment = {
      ...ENVIRONMENT,
      DENO_DIR: PLAIN.DENO_DIR ?? "",
      HTTPS_PROXY: "http://127.0.0.1:1",
    };
    const narrow = { env: { allow: { env: ["CITY"] } } };
    const names = toolSource(
      "env",
      `return [Deno.env.get("CITY")];`,
      `permissions: { env: ["CITY"] },`,
    );
    await withToolbox(
      { launch, tools: { env: source }, toolsJson, environment },
      async (toolbox) => {
        const seen = JSON.parse(outputOf(await toolbox.run("env"))) as string[];
        assert(seen.includes("HTTPS_PROXY") && seen.includes("SECRET"));
      },
    );
    await withToolbox(
      { launch, tools: { env: names }, toolsJson: narrow, environment },
      async (toolbox) => {
        assertEquals(outputOf(await toolbox.run("env")), '["Oslo"]');
      },
    );
  });

  Deno.test(`call() starts a tool's process with an environment of nothing but DENO_DIR${way}`, async () => {
    const source = toolSource("quiet", `return Deno.pid;`);
    await withToolbox(
      { launch, tools: { quiet: source }, environment: ENVIRONMENT },
      async (toolbox) => {
        const pid = outputOf(await toolbox.run("quiet"));
        if (Deno.build.os !== "linux") return;
        // Deno itself may read /proc only with every right; cat needs none.
        const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/environ`] })
          .output();
        const environ = new TextDecoder().decode(stdout);
        const names = environ.split("\0").filter((v) => v !== "").map((v) => v.split("=")[0]);
        assertEquals(names, ["DENO_DIR"]);
      },
    );
  });

  Deno.test(`call() lets a tool read through a workspace that is a link itself${way}`, async () => {
    const permissions = `permissions: { read: ["workspace/linked"] },`;
    const run = `return await Deno.readTextFile("workspace/linked/in.txt");`;
    const tools = { reads: toolSource("reads", run, permissions) };
    const before = async (directory: string) => {
      await Deno.mkdir(`${directory}/elsewhere`);
      await Deno.writeTextFile(`${directory}/elsewhere/in.txt`, "linked");
      await Deno.symlink(`${directory}/elsewhere`, `${directory}/workspace/linked`);
    };
    await withToolbox({ launch, tools, before }, async (toolbox) => {
      assertEquals(outputOf(await toolbox.run("reads")), "linked");
    });
  });

  Deno.test(`call() ends the programs of a tool that is stopped${way}`, async () => {
    const seconds = uniqueSeconds();
    const run = `new Deno.Command("sleep", { args: ["${seconds}"] }).spawn(); for (;;);`;
    const fields = `permissions: { run: ["sleep"] }, timeout_seconds: 0.5,`;
    const toolsJson = { starts: { allow: { run: ["sleep"] } } };
    const tools = { starts: toolSource("starts", run, fields) };
    await withToolbox({ launch, tools, toolsJson }, async (toolbox) => {
      assertEquals(
        errorOf(await toolbox.run("starts")),
        'The tool "starts" failed: it did not answer within 0.5 s and was stopped.',
      );
      await toolbox.close();
      assert(!(await commandLines()).includes(seconds));
    });
  });

  Deno.test(`call() ends what a tool has started and left behind, before it answers${way}`, async () => {
    const seconds = uniqueSeconds();
    const run = `new Deno.Command("sleep", { args: ["${seconds}"], stdin: "null", stdout: "null",
    stderr: "null" }).spawn().unref(); return "left";`;
    const toolsJson = { leaves: { allow: { run: ["sleep"] } } };
    const tools = { leaves: toolSource("leaves", run, `permissions: { run: ["sleep"] },`) };
    await withToolbox({ launch, tools, toolsJson }, async (toolbox) => {
      assertEquals(outputOf(await toolbox.run("leaves")), "left");
      await noProcessWith(seconds);
      assertEquals(outputOf(await toolbox.run("leaves")), "left");
      assertEquals(new Set(toolbox.processes.map(({ pid }) => pid)).size, 2);
    });
  });

  Deno.test(`call() loads no module from elsewhere for a tool${way}`, async () => {
    const run = `return await import(args.text);`;
    await withToolbox({ launch, tools: { loads: toolSource("loads", run) } }, async (toolbox) => {
      const load = async (text: string) => errorOf(await toolbox.run("loads", { text }));
      assertMatch(
        await load("https://example.com/?taken=secret"),
        /--no-remote is specified|Requires import access to "example.com/,
      );
      assertMatch(await load("npm:there-is-no-such-package-taken@1"), /--cached-only is specified/);
      assertMatch(await load("file:///etc/passwd"), /Requires read access to "\/etc\/passwd"/);
    });
  });
}
