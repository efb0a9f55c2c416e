/** Measuring several things in the same rounds, so that their ratios mean something. */
import type { BenchOptions } from "./figure.ts";

/** What is measured, by the name that its values are found under. */
export type Measures<Value> = Readonly<Record<string, () => Promise<Value>>>;

/**
 * Measures everything once a round, one after another; round 0 warms up and does not count.
 *
 * Every other round goes backwards: what a measurement leaves behind (dirty pages, a journal to
 * write) is then paid for by its neighbours in turn, not always by the same one.
 *
 * @returns the values of each, one a round
 */
export async function measureInRounds<Value>(
  { rounds, progress, betweenRounds }: BenchOptions,
  title: string,
  measures: Measures<Value>,
): Promise<Record<string, Value[]>> {
  const names = Object.keys(measures);
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]]));
  for (let round = 0; round <= rounds; round++) {
    betweenRounds?.();
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      progress(`${title}: ${roundName(round, rounds)}: ${name}`);
      const value = await measures[name]!();
      if (round > 0) values[name]!.push(value);
    }
  }
  return values;
}

/** A round for a person who waits; number 0 does not count. */
export function roundName(round: number, rounds: number): string {
  return round === 0 ? "warm-up" : `round ${round} of ${rounds}`;
}
