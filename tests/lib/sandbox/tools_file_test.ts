import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readToolsFile, ToolsFileError } from "../../../lib/sandbox/tools_file.ts";

async function withFile(text: string, body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "tools_file_" });
  const path = join(directory, "tools.json");
  try {
    await Deno.writeTextFile(path, text);
    await body(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("readToolsFile() answers what the file says", async () => {
  const value = {
    get_weather: { enabled: true, settings: { a: [1] }, allow: { net: ["x.example"], run: false } },
    other: {},
  };
  await withFile(JSON.stringify(value), async (path) => {
    assertEquals(await readToolsFile(path), value);
  });
});

Deno.test("readToolsFile() takes a missing file for an empty one", async () => {
  await withFile("{}", async (path) => {
    assertEquals(await readToolsFile(path + ".none"), {});
  });
});

const WRONG: Record<string, string> = {
  '{"a":': 'Cannot read the tools file "PATH": it is no JSON (Unexpected end of JSON input).',
  "[]": 'Cannot use the tools file "PATH": expected an object of tools by name, got an array.',
  '{"a": 1}':
    'Cannot use the tools file "PATH": "a" is 1, expected an object like {"enabled": true, "settings": {}, "allow": {}}.',
  '{"a": {"enable": true}}':
    'Cannot use the tools file "PATH": "a.enable" is not known, expected enabled, settings, allow.',
  '{"a": {"enabled": 1}}':
    'Cannot use the tools file "PATH": "a.enabled" is 1, expected true or false.',
  '{"a": {"settings": []}}':
    'Cannot use the tools file "PATH": "a.settings" is an array, expected an object.',
  '{"a": {"allow": {"nett": true}}}':
    'Cannot use the tools file "PATH": "a.allow.nett" is not known, expected net, read, write, env, run, sys, ffi.',
  '{"a": {"allow": {"net": "x"}}}':
    'Cannot use the tools file "PATH": "a.allow.net" is "x", expected true, false, or a list of texts.',
};

for (const [text, message] of Object.entries(WRONG)) {
  Deno.test(`readToolsFile() refuses ${text}`, async () => {
    await withFile(text, async (path) => {
      const error = await assertRejects(() => readToolsFile(path), ToolsFileError);
      assertEquals(error.message, message.replace("PATH", path));
    });
  });
}

Deno.test("readToolsFile() refuses a path in a directory that is not there", async () => {
  await withFile("{}", async (path) => {
    const error = await assertRejects(() => readToolsFile(path + "/x/y.json"), ToolsFileError);
    assertEquals(error.message.startsWith(`Cannot read the tools file "${path}/x/y.json": `), true);
  });
});
