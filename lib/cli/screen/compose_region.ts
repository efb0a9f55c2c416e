/** What stands at the bottom of the screen, cut to what there is room for. Pure. */
import type { OpenCompletion } from "../editor/completion.ts";
import type { InputLayout } from "../editor/layout.ts";
import { sanitizeLine } from "../sanitize.ts";
import { cutLine, paint, plainLine, rowsOf, type StyledLine, textOf } from "../styled_line.ts";
import { styled } from "../terminal.ts";
import type { LiveRegion, ScreenRow } from "./screen.ts";

/** Everything that may stand there. */
export interface RegionParts {
  /** Lines of an answer that may still change; absent while none comes. */
  readonly lines: readonly StyledLine[] | undefined;
  readonly status: string | undefined;
  /** Sent and not yet answered, oldest first. */
  readonly queued: readonly string[];
  /** Absent where nothing can be typed. */
  readonly input: InputLayout | undefined;
  readonly prompt: string;
  readonly completion: OpenCompletion | undefined;
}

export interface RegionSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

const MAX_CANDIDATES = 8;
const MAX_QUEUED = 3;
/** On a lower screen nothing is left empty. */
const LOW = 10;

export function composeRegion(parts: RegionParts, size: RegionSize): LiveRegion {
  const { columns, rows } = size;
  const painted = (line: StyledLine): ScreenRow => ({
    text: paint(line, size),
    plain: textOf(line),
  });
  const candidates = candidateLines(parts.completion, Math.min(MAX_CANDIDATES, rows >> 1))
    .map((line) => painted(cutLine(line, columns)));
  const input = inputWindow(parts, Math.max(1, rows - candidates.length - 2), size);
  let left = Math.max(0, rows - candidates.length - input.rows.length);
  const take = (found: ScreenRow[], end: boolean): ScreenRow[] => {
    const taken = end ? found.slice(Math.max(0, found.length - left)) : found.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const status = take(statusLines(parts, columns).map(painted), false);
  const queued = take(
    queuedLines(parts.queued).map((line) => painted(cutLine(line, columns))),
    true,
  );
  const isActive = parts.lines !== undefined || parts.status !== undefined;
  const gap = take(
    isActive && parts.input !== undefined && rows >= LOW ? [{ text: "", plain: "" }] : [],
    true,
  );
  const answer = take(tailRows(parts.lines ?? [], columns, left).map(painted), true);
  const above = [...answer, ...status, ...gap, ...queued];
  return {
    rows: [...above, ...input.rows, ...candidates],
    cursor: { row: above.length + input.row, before: input.before },
  };
}

// The lines' last rows: only as many are broken into rows as can be seen.
function tailRows(lines: readonly StyledLine[], columns: number, count: number): StyledLine[] {
  const rows: StyledLine[] = [];
  for (let i = lines.length - 1; i >= 0 && rows.length < count; i--) {
    rows.unshift(...rowsOf(lines[i] ?? [], columns));
  }
  return rows;
}

function statusLines({ status }: RegionParts, columns: number): StyledLine[] {
  return status === undefined ? [] : [cutLine(plainLine(sanitizeLine(status), "dim"), columns)];
}

function queuedLines(queued: readonly string[]): StyledLine[] {
  const hidden = queued.length - MAX_QUEUED;
  return [
    ...(hidden > 0 ? [plainLine(`… ${hidden} more that wait`, "dim")] : []),
    ...queued.slice(-MAX_QUEUED).map((text) => plainLine(`waits: ${sanitizeLine(text)}`, "dim")),
  ];
}

function candidateLines(open: OpenCompletion | undefined, count: number): StyledLine[] {
  if (open === undefined) return [];
  const { candidates, chosen = -1 } = open;
  // Whole pages, so that the list stands still while one goes through it.
  const first = Math.floor(Math.max(0, chosen) / count) * count;
  const page = candidates.slice(first, first + count);
  const hidden = candidates.length - first - page.length;
  return page.map(({ text, label }, index): StyledLine => {
    const isChosen = first + index === chosen;
    const more = hidden > 0 && index === page.length - 1 ? `  (${hidden} more)` : "";
    return [
      { text: isChosen ? "→ " : "  ", styles: ["cyan"] },
      { text: (label ?? text) + more, styles: isChosen ? ["bold"] : ["dim"] },
    ];
  });
}

/** The rows of the input around the cursor, as many as fit. */
function inputWindow(
  { input, prompt }: RegionParts,
  count: number,
  size: RegionSize,
): { rows: ScreenRow[]; row: number; before: string } {
  if (input === undefined) return { rows: [{ text: "", plain: "" }], row: 0, before: "" };
  const first = Math.max(0, Math.min(input.row - count + 1, input.rows.length - count));
  const withPrompt = (text: string, row: number) =>
    row === 0 && text.startsWith(prompt)
      ? styled(size, "cyan", prompt) + text.slice(prompt.length)
      : text;
  const rows = input.rows.slice(first, first + count).map(({ text }, index) => ({
    text: withPrompt(text, first + index),
    plain: text,
  }));
  return { rows, row: input.row - first, before: withPrompt(input.before, input.row) };
}
