/** The model that a configuration names: any compatible server, or the built-in offline one. */
import type { Config } from "./config.ts";
import type { ChatModel } from "./model/model.ts";

/**
 * How long the offline model takes over an answer, in milliseconds. In the background it is slow
 * enough that a task can be seen in running/, as it would be with any real model.
 */
const OFFLINE_LATENCY_MS = { main: 0, background: 120 } as const;

/** Which program asks; each may have a model of its own. */
export type ModelUser = "main" | "background";

/** Loads the model's modules only now: most commands of `tasks` ask no model. */
export async function openConfiguredModel(config: Config, user: ModelUser): Promise<ChatModel> {
  const name = user === "main" ? config.main_model : config.background_model;
  if (config.offline) {
    const { openOfflineModel } = await import("./model/offline/offline_model.ts");
    return openOfflineModel({ name, latency_ms: OFFLINE_LATENCY_MS[user] });
  }
  const { openModel } = await import("./model/openai_model.ts");
  return openModel({
    name,
    api_key: config.api_key,
    base_url: config.base_url,
    configured_by: `${user === "main" ? "MAIN_MODEL" : "BACKGROUND_MODEL"} or OPENAI_MODEL`,
  });
}

/** Said once at start when nobody is paid to answer. */
export const OFFLINE_NOTICE =
  "No OPENAI_API_KEY or OPENAI_BASE_URL is set: the built-in offline model answers (rule-based).";
