/** The matrix as a page for people; the same text after every run that went well. */
import type { Row } from "./places.ts";

const HEAD = `<!-- deno-fmt-ignore-file -->

# The crash matrix

Written by \`deno task crash\`; do not edit. \`crash_test.ts\` and \`crash_tools_test.ts\` run it too and
fail where this page is not what they see.

A real process is killed with SIGKILL at every call to the disk that changes or takes something:
before it, after it, and in the middle of every write. The points are not written down anywhere: a
run that nobody kills records its calls, so a new call joins by itself. Calls that only look leave
the disk as the call before them did, and are no points of their own; a lock is one once it is got.

The process that dies (\`service_under_test.ts\`) is put together of the same parts as
\`background_service.ts\`, on a disk that stops a task at its point while the others go on to theirs;
once all are there it kills itself. Then the real \`background_service.ts --drain\` runs until nothing
is left to do, and every task is judged: in exactly one state, with the right result or error, told
exactly once, its finished model answers not asked for again, its finished tool calls not run again,
and a tool with effects "once" never run twice.

"journal to" names the last whole line of the task's journal. "asked" counts the model calls of
steps 1 to 4 over both lives, "ran" the executions of the tools with effects "none", "idempotent"
and "once". A "once" tool whose process was stopped after \`tool_started\` and before it ran shows 0:
its outcome was unknown, and the model was told so.
`;

/** The whole page. */
export function renderPage(rows: readonly Row[]): string {
  const scenarios = [...new Set(rows.map(({ scenario }) => scenario))];
  const good = rows.filter(({ verdict }) => verdict === "ok").length;
  const summary =
    `**${rows.length} points in ${scenarios.length} scenarios, ${good} of them ok.**\n`;
  const sections = scenarios.map((name) =>
    renderSection(name, rows.filter(({ scenario }) => scenario === name))
  );
  return [HEAD, summary, ...sections].join("\n");
}

/** One scenario's table, its heading first. */
export function renderSection(name: string, rows: readonly Row[]): string {
  const lines = rows.map(renderRow);
  return [
    `## ${name}\n`,
    "| # | killed | what was left | what became of it | verdict |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

/** One line of a table. */
export function renderRow({ point, killed, recovered, verdict }: Row, index: number): string {
  return `| ${index + 1} | ${
    point.replaceAll("|", "\\|")
  } | ${killed} | ${recovered} | ${verdict} |`;
}

/** The lines of one scenario's table on a page; none where it has no such scenario. */
export function rowsOnPage(page: string, name: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? "";
  return section.split("\n").filter((line) => /^\| \d+ /.test(line));
}
