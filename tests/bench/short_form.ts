import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import type { Figure, Section } from "./figure.ts";

/** Runs a section once, as small as it goes, and looks whether its figures can be any. */
export async function runShortForm(section: Section): Promise<readonly Figure[]> {
  await using dir = await TempDir.make();
  const said: string[] = [];
  const progress = (what: string) => void said.push(what);
  const figures = await section.run({
    root: dir.path,
    rounds: 1,
    scale: 0.01,
    progress,
  });
  assert(said.length > 0, "whoever waits is told of what is measured");
  for (const { section: letter, name, values, compared = [] } of figures) {
    assertEquals(letter, section.letter);
    for (const list of [values, ...compared.map((comparison) => comparison.values)]) {
      assertEquals(list.length, 1, name);
      assert(list.every((value) => Number.isFinite(value) && value >= 0), `${name}: ${list}`);
    }
  }
  return figures;
}

/** The only figure whose name has these words. */
export function figureOf(figures: readonly Figure[], words: string): Figure {
  const found = figures.filter(({ name }) => name.includes(words));
  assertEquals(found.length, 1, `${words} in ${figures.map(({ name }) => name).join("; ")}`);
  return found[0]!;
}
