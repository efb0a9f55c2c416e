/** What the bench measures, in the order of its report: a new section is one more line. */
import { agent } from "./agent.ts";
import { backlog } from "./backlog.ts";
import { drain } from "./drain.ts";
import { endurance } from "./endurance.ts";
import { enqueue } from "./enqueue.ts";
import type { Section } from "./figure.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { pickUp } from "./pick_up.ts";
import { prompt } from "./prompt.ts";
import { recovery } from "./recovery.ts";
import { beyondOneMachine } from "./redis/section.ts";
import { shown } from "./shown.ts";
import { tools } from "./tools.ts";

export interface ListedSection {
  readonly section: Section;
  /** Why it is measured only when it is named, or with `--all`: "takes ten minutes". */
  readonly onRequest?: string;
}

export const SECTIONS: readonly ListedSection[] = [
  { section: enqueue },
  { section: drain },
  { section: pickUp },
  { section: backlog, onRequest: "makes 100,000 tasks a round" },
  { section: history, onRequest: "makes 1,100,000 tasks" },
  { section: agent },
  { section: tools },
  { section: shown },
  { section: prompt },
  { section: idle, onRequest: "takes a minute a round" },
  { section: endurance, onRequest: "takes twelve minutes" },
  { section: recovery },
  { section: beyondOneMachine, onRequest: "takes eight minutes, needs redis-server" },
];
