/** The model and the tools around the tasks of a scenario: what they answer, and what they saw. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import type { RecordedRequest, Reply } from "../support/model_server.ts";
import { promptOf } from "../support/two_models.ts";
import type { Scenario } from "./scenario.ts";
import { TOOL_NAMES } from "./scenarios.ts";

const STEPS = [1, 2, 3, 4];

export class Stage {
  /** How often the model was asked, by task and step. */
  readonly #asks = new Map<string, number>();
  /** Tasks whose question at a step stays without an answer, the first time. */
  readonly #mute = new Map<string, number>();
  /** Where the tools' marks are. */
  workspace = "";

  constructor(private readonly scenario: Scenario) {}

  /** The model's part. */
  answer(request: RecordedRequest): Reply {
    const id = promptOf(request);
    const step = request.body.messages.filter(({ role }) => role === "assistant").length + 1;
    const asked = (this.#asks.get(`${id}/${step}`) ?? 0) + 1;
    this.#asks.set(`${id}/${step}`, asked);
    if (asked === 1 && this.#mute.get(id) === step) return { hang: "before" };
    const first = asked === 1 && step === 1;
    return this.scenario.model?.(request, first) ?? { text: `done ${id}` };
  }

  /** Leaves the model call of this step without an answer, the first time. */
  mute(id: string, step: number): void {
    this.#mute.set(id, step);
  }

  /** Lets the calls of these tasks come to their end. */
  letTools(ids: readonly string[], tools: readonly string[] = TOOL_NAMES): void {
    if (!this.scenario.tools) return;
    for (const id of ids) {
      for (const name of tools) {
        Deno.writeTextFileSync(join(this.workspace, `go-${id}-${name}`), "");
      }
    }
  }

  /** How often the model was asked at each step. */
  asked(id: string): number[] {
    return STEPS.map((step) => this.#asks.get(`${id}/${step}`) ?? 0);
  }

  /** How often each tool ran. */
  ran(id: string): number[] {
    const path = join(this.workspace, "marks.txt");
    if (!existsSync(path)) return TOOL_NAMES.map(() => 0);
    const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
    const texts = lines.map((line) => JSON.parse(line).text);
    return TOOL_NAMES.map((name) => texts.filter((text) => text === `${id}-${name}`).length);
  }
}
