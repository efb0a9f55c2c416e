/** Everything that one run of the bench has found, and what it says about the bounds. */
import { type Bound, type Comparison, type Figure, spread } from "../figure.ts";
import type { Machine } from "./machine.ts";
import type { NoiseSpread } from "./noise.ts";

export interface Report {
  /** When it began, as in a task's record. */
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** 1 where nothing was made shorter. */
  readonly scale: number;
  readonly noise: readonly NoiseSpread[];
  /** The other queues that were measured. */
  readonly peers: readonly string[];
  /** What a reader must know about them, and which could not be measured; one sentence each. */
  readonly remarks: readonly string[];
  readonly sections: readonly ReportedSection[];
}

export interface ReportedSection {
  readonly letter: string;
  readonly title: string;
  readonly figures: readonly Figure[];
}

/**
 * The median of the ratios of the rounds: what disturbs a round disturbs both sides of it. A round
 * without a value does not count.
 */
export function medianRatio({ values }: Figure, compared: Comparison): number {
  if (values.length !== compared.values.length) {
    return spread(values).median / spread(compared.values).median;
  }
  return spread(values.map((value, round) => value / compared.values[round]!)).median;
}

/** Whether a median reaches its bound; one that is no number does not. */
export function reaches(median: number, { least, most }: Bound): boolean {
  return !Number.isNaN(median) && median >= (least ?? -Infinity) && median <= (most ?? Infinity);
}

/** How many bounds there are, and how many of them were reached. */
export function countBounds({ sections }: Report): { all: number; reached: number } {
  const verdicts = sections.flatMap(({ figures }) => figures).flatMap((figure) => [
    ...figure.must === undefined ? [] : [reaches(spread(figure.values).median, figure.must)],
    ...(figure.compared ?? []).flatMap((compared) =>
      compared.must === undefined ? [] : [reaches(medianRatio(figure, compared), compared.must)]
    ),
  ]);
  return { all: verdicts.length, reached: verdicts.filter(Boolean).length };
}

/** The report with every median, spread and verdict in it, for programs. */
export function reportJson(report: Report): string {
  const sections = report.sections.map((section) => ({
    ...section,
    figures: section.figures.map(withVerdicts),
  }));
  return JSON.stringify({ ...report, bounds: countBounds(report), sections }, null, 2);
}

function withVerdicts(figure: Figure) {
  const { median, min, max } = spread(figure.values);
  const own = figure.must === undefined ? {} : { reached: reaches(median, figure.must) };
  const compared = (figure.compared ?? []).map((each) => {
    const ratio = medianRatio(figure, each);
    const reached = each.must === undefined ? {} : { reached: reaches(ratio, each.must) };
    return { ...each, ...spread(each.values), ratio, ...reached };
  });
  return { ...figure, median, min, max, ...own, compared };
}
