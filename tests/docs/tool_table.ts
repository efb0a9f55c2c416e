/** README's table of tools, made from what the tools declare. */
import type { ToolEntry } from "../../lib/sandbox/toolbox.ts";

const BEGIN = "<!-- tools: `deno task docs` makes this from the declarations -->";
const END = "<!-- end of tools -->";
const HEADINGS = ["tool", "what it does", "may", "effects", "by default"];

/** The table, and under it how the tools that are off are switched on. */
export function toolTable(catalogue: readonly ToolEntry[]): string {
  const rows = catalogue.map((tool) =>
    [
      `\`${tool.name}\``,
      firstSentence(tool.description),
      permissionText(tool.permissions),
      tool.effects,
      tool.enabled ? "on" : "off",
    ].map((cell) => cell.replaceAll("|", "\\|"))
  );
  const off = catalogue.filter(({ enabled }) => !enabled)
    .map(({ name, reason }) => `- \`${name}\` is off: ${reason}.`);
  return [...table([HEADINGS, ...rows]), ...(off.length === 0 ? [] : ["", ...off])].join("\n");
}

/** The text with another table in the place of its own. */
export function replaceToolTable(text: string, made: string): string {
  const [before, after] = aroundToolTable(text);
  return `${before}${BEGIN}\n\n${made}\n\n${END}${after}`;
}

function aroundToolTable(text: string): [string, string] {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) {
    throw new Error(`README has no place for the tools: expected the lines ${BEGIN} and ${END}`);
  }
  return [text.slice(0, begin), text.slice(end + END.length)];
}

// As `deno fmt` lays tables out.
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const padded = rows.map((row) => line(row.map((cell, i) => cell.padEnd(widths[i] ?? 0))));
  return [padded[0] ?? "", line(widths.map((width) => "-".repeat(width))), ...padded.slice(1)];
}

function firstSentence(description: string): string {
  return description.split(/[.:](?:\s|$)/)[0] ?? "";
}

function permissionText(permissions: ToolEntry["permissions"]): string {
  const parts = Object.entries(permissions).filter(([, value]) => value !== false)
    .map(([kind, value]) => `\`${kind}\`: ${itemsText(value)}`);
  return parts.length === 0 ? "nothing" : parts.join("; ");
}

// A list that is empty by default is one that the settings fill.
function itemsText(value: readonly string[] | boolean): string {
  if (typeof value === "boolean") return "everything";
  return value.length === 0 ? "what you name" : value.map((item) => `\`${item}\``).join(", ");
}
