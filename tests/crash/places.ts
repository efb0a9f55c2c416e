/** The points of a scenario: what a recording says, and places outside the disk. */
import type { Moment, NamedCall } from "./crash_disk.ts";
import type { Point } from "./crash_plan.ts";
import type { Scenario } from "./scenario.ts";
import { TOOL_NAMES } from "./scenarios.ts";

/** One line of the table. */
export interface Row {
  readonly scenario: string;
  /** "before", "in" or "after" a call, or a place outside the disk. */
  readonly point: string;
  /** What the dead process left behind. */
  readonly killed: string;
  /** What the next service made of it. */
  readonly recovered: string;
  readonly verdict: string;
}

/** A place to die: at a call, or while something outside the disk is under way. */
export interface Place {
  readonly id: string;
  readonly text: string;
  /** The point of the disk's; absent where the place is seen from outside. */
  readonly point?: Point;
}

/** Files of a service itself. */
const SERVICE_FILE = /(services|tmp)\/\*/;

/** Reads a recording, which may still be being written. */
export function readCalls(path: string): NamedCall[] {
  const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** All points of a scenario, each with a task of its own. */
export function placesOf(scenario: Scenario, calls: readonly NamedCall[]): Place[] {
  // How a service comes and goes is a scenario of its own.
  const own = calls.filter(({ name }) => !SERVICE_FILE.test(name));
  const repeats = scenario.polls ? own.findIndex(({ nth }) => nth > 1) : -1;
  if (repeats !== -1) own.length = repeats;
  const points: Omit<Place, "id">[] = own.flatMap(momentsOf);
  const outside = scenario.tools ? OUTSIDE : [];
  return [...points, ...outside].map((place, i) => ({ id: idOf(i + 1), ...place }));
}

const OUTSIDE: readonly Omit<Place, "id">[] = [
  ...[1, 2, 3, 4].map((step) => ({ text: `in the model call of step ${step}` })),
  ...TOOL_NAMES.map((name) => ({ text: `in the tool ${name}` })),
];

/** The places to die at a call, as the table names them. */
export function momentsOf({ name, nth }: NamedCall) {
  const counted = nth === 1 ? name : `${name} (${nth})`;
  const moments: readonly Moment[] = name.startsWith("write ")
    ? ["before", "torn", "after"]
    : name.startsWith("lock ")
    ? ["after"]
    : ["before", "after"];
  return moments.map((moment) => ({
    point: { name, nth, moment },
    text: `${moment === "torn" ? "in" : moment} ${counted}`,
  }));
}

/** The id of the n-th task. */
export function idOf(n: number): string {
  return `p${String(n).padStart(4, "0")}`;
}
