import type { Config } from "../../../config.ts";
import { type ModelReach, reachModel } from "../../../model/reach_model.ts";
import { type Finding, findingsOf, named } from "../../../upkeep/finding.ts";

type Named = Pick<
  Config,
  "base_url" | "api_key" | "offline" | "main_model" | "background_model"
>;

const { ok, look, bad } = findingsOf("model");

/** Whether the model server is there, takes the key and has the models that are asked for. */
export async function checkModel(config: Named, signal: AbortSignal): Promise<Finding[]> {
  if (config.offline) {
    return [
      ok(
        "The built-in offline model answers; set OPENAI_API_KEY or OPENAI_BASE_URL for a real one",
      ),
    ];
  }
  return [judge(await reachModel(config, { signal }), config)];
}

function judge(reach: ModelReach, config: Named): Finding {
  const { url } = reach;
  switch (reach.kind) {
    case "unreachable":
      return bad(`The model server cannot be reached at ${url}: ${reach.why}`);
    case "refuses_key": {
      const why = config.api_key === undefined
        ? "it wants a key: set OPENAI_API_KEY"
        : "it does not take the key: correct OPENAI_API_KEY";
      return bad(`The model server answers at ${url} with HTTP ${reach.status}: ${why}`);
    }
    case "has_no_list":
      return ok(
        `Something answers at ${url} with HTTP ${reach.status}; it has no list of models, so ` +
          "whether it is a model server shows only in use",
      );
    case "fails":
      return look(
        `The model server answers at ${url} with HTTP ${reach.status}: check OPENAI_BASE_URL, or ` +
          "try again later",
      );
    case "answers":
      return models(reach.models, config, url);
  }
}

function models(listed: readonly string[] | undefined, config: Named, url: string): Finding {
  const wanted = [...new Set([config.main_model, config.background_model])];
  if (listed === undefined) {
    return look(
      `What answers at ${url} sends no list of models: check that OPENAI_BASE_URL leads to an ` +
        "OpenAI-compatible server",
    );
  }
  const missing = wanted.filter((name) => !isListed(name, listed));
  if (missing.length === 0) return ok(`The model server answers and has ${named(wanted)}`);
  return look(
    `The model server answers but does not list ${named(missing)}: correct MAIN_MODEL, ` +
      `BACKGROUND_MODEL or OPENAI_MODEL (it lists ${named(listed, 5) || "none"})`,
  );
}

// Ollama lists `llama3.2:latest` where `llama3.2` is asked for.
function isListed(name: string, listed: readonly string[]): boolean {
  return listed.some((id) => id === name || id === `${name}:latest`);
}
