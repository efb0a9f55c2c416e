import type { JournalEntry } from "./journal_entry.ts";

/** What one model was asked, by the journals. */
export interface ModelUsage {
  readonly model: string;
  readonly answers: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** True where a part of the tokens is our estimate. */
  readonly estimated: boolean;
}

/** Adds up what the answers in journals cost, by model. */
export class ModelUsageCollector {
  readonly #models = new Map<string, ModelUsage>();

  /** @param journal one task's own entries */
  add(journal: readonly JournalEntry[]): void {
    for (const entry of journal) {
      if (entry.type !== "model_answer") continue;
      const { model, usage } = entry;
      const before = this.#models.get(model);
      this.#models.set(model, {
        model,
        answers: (before?.answers ?? 0) + 1,
        input_tokens: (before?.input_tokens ?? 0) + usage.input_tokens,
        output_tokens: (before?.output_tokens ?? 0) + usage.output_tokens,
        estimated: (before?.estimated ?? false) || usage.estimated,
      });
    }
  }

  /** The most tokens first. */
  summary(): ModelUsage[] {
    const all = ({ input_tokens, output_tokens }: ModelUsage) => input_tokens + output_tokens;
    return [...this.#models.values()].sort((a, b) => all(b) - all(a));
  }
}
