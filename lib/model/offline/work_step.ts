import type { OfferedTool } from "./reading.ts";

/** One thing that a worker does: one tool, asked about one or several subjects at a time. */
export interface WorkStep {
  readonly tool: string;
  /** What is asked about: places, an expression, a path. Empty texts are no argument at all. */
  readonly subjects: readonly string[];
  /** For people: "the weather in Oslo and Rome". */
  readonly title: string;
  /** Set the answers against each other. */
  readonly compare?: boolean;
  /** The arguments for one subject. */
  args(subject: string, tool: OfferedTool | undefined): Record<string, unknown>;
  /** The words of a task about this subject alone, where a subject can be a task. */
  prompt?(subject: string): string;
  /** What could not be done where it fails, after "I could not": "find out the weather in Oslo". */
  deed(subject: string): string;
  /** A sentence from a subject and what the tool answered. */
  tell(subject: string, output: string): string;
}
