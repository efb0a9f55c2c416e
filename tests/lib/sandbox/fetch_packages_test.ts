import { assert, assertEquals, assertMatch } from "@std/assert";
import { fetchPackages } from "../../../lib/sandbox/fetch_packages.ts";
import { cacheCommand, toolCommand } from "../../../lib/sandbox/tool_command.ts";
import { toolSource, withProject, withToolbox } from "./toolbox_fixture.ts";

const NEEDS_PACKAGE = `import "npm:@background-task/there-is-no-such-package@1.0.0";\n${
  toolSource("needs", "")
}`;

/** A registry that takes connections and never answers. */
async function withSilentRegistry(
  body: (environment: Record<string, string>, asked: Promise<void>) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked = Promise.withResolvers<void>();
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      asked.resolve();
    }
  })();
  const registry = `http://127.0.0.1:${listener.addr.port}/`;
  try {
    await body({ ...Deno.env.toObject(), NPM_CONFIG_REGISTRY: registry }, asked.promise);
  } finally {
    listener.close();
    await accepting;
    for (const connection of connections) connection.close();
  }
}

Deno.test("openToolbox() gives up packages that do not come in time, and names the tool", async () => {
  await withSilentRegistry(async (environment) => {
    const told: string[] = [];
    const fixture = {
      tools: { needs: NEEDS_PACKAGE, good: toolSource("good", "") },
      environment,
      limits: { fetch_seconds: 0.5 },
      info: (sentence: string) => void told.push(sentence),
    };
    await withToolbox(fixture, async (toolbox) => {
      assertEquals(toolbox.catalogue.map(({ name, enabled }) => [name, enabled]), [
        ["good", true],
        ["needs", false],
      ]);
      assertEquals(
        toolbox.catalogue[1]?.reason,
        "its packages cannot be loaded: fetching them took more than 0.5 s and was stopped",
      );
      assertEquals(told, ['Fetching the packages of the tool "needs".']);
      await Promise.resolve();
    });
  });
});

Deno.test("openToolbox() ends early when its signal is aborted while packages are fetched", async () => {
  await withSilentRegistry(async (environment, asked) => {
    const controller = new AbortController();
    asked.then(() => controller.abort());
    const fixture = { tools: { needs: NEEDS_PACKAGE }, environment, signal: controller.signal };
    await withToolbox(fixture, async (toolbox) => {
      assert(controller.signal.aborted);
      assertEquals(toolbox.catalogue[0]?.reason, "the service is stopping");
      assertEquals(toolbox.warnings, []);
      await Promise.resolve();
    });
  });
});

Deno.test("openToolbox() ends early when its signal is aborted while a tool declares itself", async () => {
  const tools = { hangs: `await new Promise(() => {});` };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 50);
  const began = performance.now();
  await withToolbox({ tools, signal: controller.signal }, async (toolbox) => {
    assertEquals(toolbox.catalogue[0]?.reason, "the service is stopping");
    assert(performance.now() - began < 8000, "it waited for the tool");
    await Promise.resolve();
  });
  clearTimeout(timer);
});

Deno.test("fetchPackages() shows its child no variable but those of its command", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await withSilentRegistry(async (environment, asked) => {
    await withProject({ tools: { needs: NEEDS_PACKAGE } }, async (directory) => {
      const file = `${directory}/tools/needs.ts`;
      const controller = new AbortController();
      const { signal } = controller;
      const fetching = fetchPackages(file, { environment, fetch_seconds: 30, signal });
      await asked;
      // Deno itself may read /proc only with every right.
      const script = 'for p in /proc/[0-9]*; do grep -qa "deno" $p/comm && ' +
        'grep -qsaF "$1" $p/cmdline && cat $p/environ; done';
      const { stdout } = await new Deno.Command("sh", { args: ["-c", script, "sh", file] })
        .output();
      controller.abort();
      assertEquals(await fetching, "the service is stopping");
      const names = new TextDecoder().decode(stdout).split("\0").map((v) => v.split("=")[0]);
      assertEquals(
        names.filter((name) => name !== "").sort(),
        Object.keys(cacheCommand(file, environment).env).sort(),
      );
    });
  });
});

Deno.test("fetchPackages() says in Deno's words what is wrong", async () => {
  await withProject({ tools: { needs: NEEDS_PACKAGE } }, async (directory) => {
    const problem = await fetchPackages(`${directory}/tools/needs.ts`, {
      environment: { ...Deno.env.toObject(), NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" },
      fetch_seconds: 30,
    });
    assertMatch(problem ?? "", /there-is-no-such-package/);
  });
});

Deno.test("cacheCommand() hands on what reaches a registry, and no key", () => {
  const given = {
    DENO_DIR: "/d",
    HOME: "/h",
    PATH: "/p",
    ALL_PROXY: "http://p",
    NPM_CONFIG_REGISTRY: "http://r",
    SSL_CERT_FILE: "/c",
  };
  const { env } = cacheCommand("/x.ts", { ...given, OPENAI_API_KEY: "sk", LD_PRELOAD: "/l" });
  assertEquals(env, given);
});

Deno.test("toolCommand() hands on ALL_PROXY with net, and PATH with run", () => {
  const environment = { DENO_DIR: "/d", PATH: "/p", ALL_PROXY: "a", all_proxy: "b" };
  const env = (net: boolean, run: boolean) =>
    toolCommand({
      launch: { kind: "deno" },
      flags: [],
      code_directories: [],
      memory_mb: 1,
      instance: "i",
      environment,
      net,
      run,
      env: [],
      cwd: "/",
      name: "x",
    }).env;
  assertEquals(env(false, false), { DENO_DIR: "/d" });
  assertEquals(env(true, false), { DENO_DIR: "/d", ALL_PROXY: "a", all_proxy: "b" });
  assertEquals(env(false, true), { DENO_DIR: "/d", PATH: "/p", TOOL_INSTANCE: "i" });
});

Deno.test("a fetch of Deno's goes by ALL_PROXY and all_proxy", async () => {
  const proxy = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Response(`by proxy: ${request.url}`),
  );
  try {
    const { DENO_DIR = "" } = Deno.env.toObject();
    for (const name of ["ALL_PROXY", "all_proxy"]) {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          "eval",
          "--no-config",
          `console.log(await (await fetch("http://host.invalid/")).text())`,
        ],
        clearEnv: true,
        env: { DENO_DIR, [name]: `http://127.0.0.1:${proxy.addr.port}` },
      }).output();
      assertEquals(new TextDecoder().decode(stdout), "by proxy: http://host.invalid/\n");
    }
  } finally {
    await proxy.shutdown();
  }
});
