import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { settingRows } from "../lib/settings.ts";
import type { ToolEntry } from "../lib/sandbox/toolbox.ts";
import { defaultTools, toolsWith } from "./docs/default_tools.ts";
import { replaceToolTable, toolTable } from "./docs/tool_table.ts";
import { PROJECT } from "./support/program.ts";

const readme = Deno.readTextFileSync(join(PROJECT, "README.md"));
const denoJson = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.json")));

/** The cells of the first table after a heading row that begins with these cells. */
function tableRows(text: string, firstHeading: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => cells(line)[0] === firstHeading);
  assert(start >= 0, `no table with the heading "${firstHeading}"`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) break;
    rows.push(cells(line));
  }
  return rows;
}

function cells(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

Deno.test("README lists every setting with its flag, default and meaning", () => {
  const code = (text: string | undefined) => text === undefined ? "–" : `\`${text}\``;
  const expected = settingRows().map(({ name, flag, fallback, help }) => [
    code(name),
    code(flag),
    code(fallback),
    help,
  ]);
  assertEquals(tableRows(readme, "variable"), expected);
});

Deno.test("README tells of every tool what it declares, and whether it is on", async () => {
  const expected = replaceToolTable(readme, toolTable(await defaultTools()));
  assertEquals(readme, expected, 'README\'s table of tools is an old one: run "deno task docs"');
});

Deno.test("the clone's tools.json switches no tool on or off", async () => {
  const states = (tools: readonly ToolEntry[]) => tools.map(({ name, enabled }) => [name, enabled]);
  assertEquals(
    states(await toolsWith(join(PROJECT, "tools.json"))),
    states(await defaultTools()),
  );
});

Deno.test("every deno task that README types is in deno.json, with a description", () => {
  const typed = [...readme.matchAll(/deno(?:@[\d.]+)? task (?:-q )?([a-z]+)/g)].map((m) => m[1]!);
  assert(typed.length > 10, "README shows how to use the program");
  for (const name of new Set(typed)) {
    assert(denoJson.tasks[name]?.description, `deno.json describes no task "${name}"`);
  }
  for (const name of ["background", "main", "start", "tasks", "demo", "test", "compile"]) {
    assert(typed.includes(name), `README does not show the task "${name}"`);
  }
});

Deno.test("no task of deno.json gives all permissions", () => {
  for (const [name, { command }] of Object.entries<{ command: string }>(denoJson.tasks)) {
    assert(!/\s(-A|--allow-all)\b/.test(command), `${name}: ${command}`);
  }
});

Deno.test("README and SECURITY link every guarantee to tests that are there", () => {
  const security = Deno.readTextFileSync(join(PROJECT, "SECURITY.md"));
  const rows = [...tableRows(readme, "you can rely on"), ...tableRows(security, "from")];
  assert(rows.length >= 19, `only ${rows.length} guarantees`);
  for (const row of rows) {
    const links = [...(row.at(-1) ?? "").matchAll(/\]\((.*?)\)/g)].map(([, path]) => path ?? "");
    assert(links.length > 0, `no test for "${row[0]}"`);
    for (const path of links) assert(Deno.statSync(join(PROJECT, path)).isFile, path);
  }
});
