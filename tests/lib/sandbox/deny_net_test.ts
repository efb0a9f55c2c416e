/** What a tool names as `deny_net`, in real processes: it is the address that counts, not the name. */
import { assertEquals, assertMatch } from "@std/assert";
import { errorOf, outputOf, toolSource, withToolbox } from "./toolbox_fixture.ts";

const WAYS = {
  fetch: "return await (await fetch(`http://${args.text}/`)).text();",
  connect: `const [hostname, port] = args.text.split(":");
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.close();
    return "hello";`,
  // Resolves by itself, and connects to what it says is the address.
  lookup: `const [host, port] = args.text.split(":");
    const { connect } = await import("node:net");
    const lookup = (_name, options, found) =>
      options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);
    return await new Promise((resolve, reject) => {
      process.on("uncaughtException", reject);
      addEventListener("unhandledrejection", (event) => reject(event.reason));
      addEventListener("error", (event) => (event.preventDefault(), reject(event.error)));
      const socket = connect({ host, port: Number(port), lookup }, () => resolve("hello"));
      socket.on("error", reject);
    });`,
};

async function withServer(body: (port: number) => Promise<void>): Promise<void> {
  const hello = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("hello"),
  );
  try {
    await body(hello.addr.port);
  } finally {
    await hello.shutdown();
  }
}

const tools = (fields: string) =>
  Object.fromEntries(
    Object.entries(WAYS).map(([name, run]) => [
      name,
      toolSource(name, run, fields).replace(
        'import { defineTool, z } from "tool"',
        'import { defineTool, privateAddresses, z } from "tool"',
      ),
    ]),
  );

Deno.test("a name that resolves to a denied address is refused, by each way to connect", async () => {
  await withServer(async (port) => {
    const fields = `permissions: { net: true },
      deny_net: privateAddresses(),`;
    await withToolbox({ tools: tools(fields) }, async (toolbox) => {
      for (const name of Object.keys(WAYS)) {
        assertMatch(
          errorOf(await toolbox.run(name, { text: `localhost:${port}` })),
          /Requires net access to "127\.0\.0\.1:\d+"/,
          name,
        );
      }
      assertMatch(
        errorOf(await toolbox.run("fetch", { text: `[::ffff:7f00:1]:${port}` })),
        /Requires net access to "127\.0\.0\.1:\d+"/,
      );
    });
  });
});

Deno.test("deny_net comes from the settings, and what it leaves out is reached", async () => {
  await withServer(async (port) => {
    const fields = `permissions: { net: ["localhost:${port}"] },
      settings: z.object({ except: z.array(z.string()).default([]) }),
      deny_net: ({ except }) => privateAddresses({ except }),`;
    const { fetch: source = "" } = tools(fields);
    const open = { fetch: { settings: { except: ["127.0.0.1"] } } };
    await withToolbox({ tools: { fetch: source }, toolsJson: open }, async (toolbox) => {
      assertEquals(outputOf(await toolbox.run("fetch", { text: `localhost:${port}` })), "hello");
    });
    const wrong = { fetch: { settings: { except: ["my-machine"] } } };
    await withToolbox({ tools: { fetch: source }, toolsJson: wrong }, async (toolbox) => {
      assertEquals(
        toolbox.catalogue[0]?.reason,
        '"my-machine" is no IPv4 address or range, expected one such as "10.1.2.3" or "10.1.0.0/16"',
      );
      await Promise.resolve();
    });
  });
});
