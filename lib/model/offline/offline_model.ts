/** The built-in model for a first try without a key: rules, behind the same client as any other. */
import type { ChatModel } from "../model.ts";
import { openModel } from "../openai_model.ts";
import { offlineFetch, type OfflineOptions } from "./offline_fetch.ts";

/** Its name in logs and records. */
export const OFFLINE_MODEL = "offline";

/**
 * The offline model. Deterministic; needs no permission.
 *
 * @param options.name Default "offline".
 */
export function openOfflineModel(options: OfflineOptions & { name?: string } = {}): ChatModel {
  return openModel({
    name: options.name ?? OFFLINE_MODEL,
    base_url: "http://offline.invalid/v1",
    fetch: offlineFetch(options),
  });
}
