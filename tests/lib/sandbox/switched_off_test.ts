/** Tools that are off: by the operator's word, or by what tools.json does not say. */
import { assertEquals } from "@std/assert";
import { errorOf, outputOf, type TestToolbox, toolSource, withToolbox } from "./toolbox_fixture.ts";

const ECHO = toolSource("echo", `return args.text;`);
const NO_SERVER = 'it needs a server: name one in "finder".settings.url';
const FINDER = toolSource(
  "finder",
  `return context.settings.url;`,
  `description: ({ url }) => "Searches " + (url ?? "nowhere") + ".",
   settings: z.object({ url: z.string().optional() }),
   permissions: ({ url }) => url === undefined ? { run: ["find"] } : {},
   unavailable: ({ url }) => url === undefined ? ${JSON.stringify(NO_SERVER)} : undefined,`,
).replace(`description: "A tool for a test.",`, "");

/** What the catalogue says of the only tool. */
function stateOf({ catalogue: [entry] }: TestToolbox): unknown[] {
  return [entry?.enabled, entry?.reason, entry?.off];
}

Deno.test("openToolbox() leaves out a tool that its settings do not switch on, without a warning", async () => {
  await withToolbox({ tools: { finder: FINDER } }, async (toolbox) => {
    assertEquals(stateOf(toolbox), [false, NO_SERVER, true]);
    assertEquals(toolbox.warnings, []);
    assertEquals(
      errorOf(await toolbox.run("finder")),
      `The tool "finder" cannot be used: ${NO_SERVER}.`,
    );
  });
});

Deno.test("openToolbox() takes a tool that its settings switch on, and its description tells of them", async () => {
  const toolsJson = { finder: { settings: { url: "here" } } };
  await withToolbox({ tools: { finder: FINDER }, toolsJson }, async (toolbox) => {
    assertEquals(stateOf(toolbox), [true, null, undefined]);
    assertEquals(toolbox.catalogue[0]?.description, "Searches here.");
    assertEquals(outputOf(await toolbox.run("finder")), "here");
  });
});

Deno.test("openToolbox() warns of a tool that tools.json enables and does not switch on", async () => {
  const toolsJson = { finder: { enabled: true } };
  await withToolbox({ tools: { finder: FINDER }, toolsJson }, async (toolbox) => {
    assertEquals(stateOf(toolbox), [false, NO_SERVER, undefined]);
    assertEquals(toolbox.warnings, [`The tool "finder" is left out: ${NO_SERVER}.`]);
    await Promise.resolve();
  });
});

Deno.test("openToolbox() leaves out what tools.json disables, without a warning", async () => {
  const toolsJson = { echo: { enabled: false }, nobody: {} };
  await withToolbox({ tools: { echo: ECHO }, toolsJson }, async (toolbox) => {
    assertEquals(stateOf(toolbox), [false, '"echo".enabled is false in tools.json', true]);
    const file = `${toolbox.directory}/tools.json`;
    assertEquals(toolbox.warnings, [
      `The tools file "${file}" has "nobody", but no tool is named so.`,
    ]);
    await Promise.resolve();
  });
});
