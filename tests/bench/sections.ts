/** What the bench measures, in the order of its report: a new section is one more line. */
import { drain } from "./drain.ts";
import { endurance } from "./endurance.ts";
import { enqueue } from "./enqueue.ts";
import type { Section } from "./figure.ts";
import { pickUp } from "./pick_up.ts";

export interface ListedSection {
  readonly section: Section;
  /** Why it is measured only when it is named, or with `--all`: "takes ten minutes". */
  readonly onRequest?: string;
}

export const SECTIONS: readonly ListedSection[] = [
  { section: enqueue },
  { section: drain },
  { section: pickUp },
  { section: endurance, onRequest: "takes twelve minutes" },
];
