import { ConfigError } from "../config_error.ts";

/**
 * Loads a part of the engine on Redis by its URL, so that nothing that follows imports finds it:
 * whoever uses files never downloads its packages.
 *
 * @throws {ConfigError} in a sentence, where they cannot be had
 */
export async function loadRedisModule<Module>(url: URL): Promise<Module> {
  try {
    return await import(url.href);
  } catch (cause) {
    throw notLoaded(cause);
  }
}

function notLoaded(cause: unknown): ConfigError {
  if (Deno.build.standalone) {
    return new ConfigError(
      "QUEUE_URL: this binary was made without what Redis needs; make one that has it with " +
        "`deno task compile --redis`, or start the program with deno",
      { cause },
    );
  }
  const [why = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  return new ConfigError(
    `QUEUE_URL: what Redis needs could not be loaded: ${why}; Deno downloads it from the npm ` +
      "registry at the first start with QUEUE_URL, so connect once",
    { cause },
  );
}
