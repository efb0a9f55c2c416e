/** The main figures as a chart: an SVG that reads on a light and on a dark page. */
import { type Figure, spread } from "../figure.ts";
import { formatValue } from "./format_value.ts";
import { machineLine } from "./machine.ts";
import type { Report } from "./report.ts";

interface Bar {
  readonly label: string;
  readonly kind: "ours" | "floor" | "peer";
  readonly value: number;
}

/** A figure and what it is held against, on a scale of their own. */
interface Group {
  readonly caption: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

/** Pixels. */
const COLUMN = 430;
const GAP = 40;
const MARGIN = 16;
const CAPTION_HEIGHT = 24;
const BAR_HEIGHT = 14;
const BAR_PITCH = 19;
const GROUP_GAP = 16;
const LABEL_WIDTH = 180;
const BAR_WIDTH = 190;
/** A bar over so many times ours is drawn broken: all others would be nothing beside it. */
const MOST_TIMES_OURS = 8;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #3b4351 }
  .caption { font-weight: 600; font-size: 13px; fill: #1c2128 }
  .unit, .foot { fill: #6b7480 } .foot { font-size: 11px }
  .label { text-anchor: end }
  .ours { fill: #2f6fde } .floor { fill: #a8b0ba } .peer { fill: #d0893f }
  .break { stroke: #fff; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #b6bec9 } .caption { fill: #e6eaf0 } .unit, .foot { fill: #8b949e }
    .ours { fill: #5b93f5 } .floor { fill: #66707c } .peer { fill: #c98a4b }
    .break { stroke: #0d1117 }
  }`;

/** Draws every figure that is to be charted; its floor and other queues beside it. */
export function drawChart(report: Report): string {
  const groups = report.sections.flatMap(({ title, figures }) =>
    figures.filter((figure) => figure.charted).map((figure) => groupOf(title, figure, report.peers))
  );
  const columns = split(groups);
  const height = Math.max(...columns.map(heightOf));
  const [width, whole] = [MARGIN * 2 + COLUMN * 2 + GAP, MARGIN * 2 + height + 22];
  const drawn = columns.map((column, i) => drawColumn(column, MARGIN + i * (COLUMN + GAP)));
  const foot = `${report.date.slice(0, 10)}, ${machineLine(report.machine)}; medians of ` +
    `${report.rounds} rounds`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" ` +
    `viewBox="0 0 ${width} ${whole}" role="img" aria-label="How fast the queue is">`,
    `<style>${STYLE}\n</style>`,
    ...drawn.flat(),
    text(MARGIN, whole - MARGIN + 4, "foot", foot),
    "</svg>\n",
  ].join("\n");
}

function groupOf(title: string, figure: Figure, peers: readonly string[]): Group {
  const beside = (figure.compared ?? []).flatMap(({ to, values }): Bar[] => {
    const kind = to.startsWith("floor") ? "floor" : peers.includes(to) ? "peer" : undefined;
    if (kind === undefined) return [];
    return [{ label: kind === "floor" ? "floor" : to, kind, value: spread(values).median }];
  });
  const ours: Bar = { label: "this queue", kind: "ours", value: spread(figure.values).median };
  const better = figure.unit === "ms" ? "ms, less is better" : figure.unit;
  const shortTitle = title.replace(/,.*/, "");
  return { caption: `${shortTitle}: ${figure.name}`, unit: better, bars: [ours, ...beside] };
}

/** Two columns, in the order of the groups, the longer one as short as can be. */
function split(groups: readonly Group[]): [readonly Group[], readonly Group[]] {
  const cuts = groups.map((_, at) => [groups.slice(0, at + 1), groups.slice(at + 1)] as const);
  const longer = (cut: (typeof cuts)[number]) => Math.max(...cut.map(heightOf));
  const [best] = cuts.toSorted((a, b) => longer(a) - longer(b));
  return best === undefined ? [[], []] : [...best];
}

function heightOf(groups: readonly Group[]): number {
  return groups.reduce(
    (sum, { bars }) => sum + CAPTION_HEIGHT + bars.length * BAR_PITCH + GROUP_GAP,
    0,
  );
}

function drawColumn(groups: readonly Group[], x: number): string[] {
  let y = MARGIN;
  return groups.flatMap(({ caption, unit, bars }) => {
    const most = longest(bars);
    const top = y + CAPTION_HEIGHT;
    y = top + bars.length * BAR_PITCH + GROUP_GAP;
    return [
      `<text x="${x}" y="${top - 10}"><tspan class="caption">${escape(caption)}</tspan>` +
      `<tspan class="unit" dx="8">${escape(unit)}</tspan></text>`,
      ...bars.flatMap((bar, i) => drawBar(bar, x, top + i * BAR_PITCH, most)),
    ];
  });
}

/** What fills the width: the largest that does not dwarf ours, which is the first. */
function longest([ours, ...others]: readonly Bar[]): number {
  const own = ours?.value ?? NaN;
  return Math.max(
    own,
    ...others.map(({ value }) => value).filter((value) => value <= own * MOST_TIMES_OURS),
  );
}

function drawBar({ label, kind, value }: Bar, x: number, y: number, most: number): string[] {
  const start = x + LABEL_WIDTH;
  const isBroken = value > most;
  const width = isBroken ? BAR_WIDTH : Math.max(1, Math.round(value / most * BAR_WIDTH)) || 0;
  const base = y + BAR_HEIGHT - 3;
  return [
    text(start - 8, base, "label", label),
    `<rect class="${kind}" x="${start}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
    ...isBroken ? [drawBreak(start + width - 20, y)] : [],
    text(start + width + 6, base, "value", formatValue(value)),
  ];
}

function drawBreak(x: number, y: number): string {
  const [top, bottom] = [y - 1, y + BAR_HEIGHT + 1];
  return `<path class="break" d="M${x} ${bottom}L${x + 5} ${top}M${x + 5} ${bottom}L${
    x + 10
  } ${top}"/>`;
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
