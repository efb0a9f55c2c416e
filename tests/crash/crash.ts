/**
 * `deno task crash`: runs the whole matrix and writes README.md beside this file. Exit code 1 where a
 * point is not ok.
 */
import { fromFileUrl } from "@std/path";
import { runScenario } from "./matrix.ts";
import type { Row } from "./places.ts";
import { copyProject } from "./project.ts";
import { SCENARIOS } from "./scenarios.ts";
import { runStarts } from "./starts.ts";
import { renderPage } from "./table.ts";

/** How many scenarios run at the same time. */
const WORKERS = 2;

async function say(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(line + "\n"));
}

async function runAll(project: string): Promise<Row[]> {
  const parts: (() => Promise<Row[]>)[] = [
    () => runStarts(project, () => true),
    ...SCENARIOS.map((scenario) => () => runScenario(project, scenario)),
  ];
  const results: Row[][] = [];
  let next = 0;
  const work = async () => {
    for (let part = next++; part < parts.length; part = next++) {
      const rows = await parts[part]!();
      results[part] = rows;
      const bad = rows.filter(({ verdict }) => verdict !== "ok");
      await say(`${rows[0]?.scenario}: ${rows.length} points, ${bad.length} not ok`);
      for (const { point, killed, recovered, verdict } of bad) {
        await say(`  ${point} | ${killed} | ${recovered} | ${verdict}`);
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return results.flat();
}

if (import.meta.main) {
  const copy = await copyProject();
  try {
    const rows = await runAll(copy.directory);
    const page = fromFileUrl(new URL("README.md", import.meta.url));
    await Deno.writeTextFile(page, renderPage(rows));
    const bad = rows.filter(({ verdict }) => verdict !== "ok").length;
    await say(`${rows.length} points, ${bad} not ok`);
    Deno.exitCode = bad === 0 ? 0 : 1;
  } finally {
    await copy.remove();
  }
}
