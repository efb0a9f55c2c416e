import { ConfigError } from "../config_error.ts";

/**
 * Loads a part of the engine on Redis by its URL, so that nothing that follows imports finds it:
 * whoever uses files never downloads its packages.
 *
 * @param source what messages call the setting that asks for it
 * @throws {ConfigError} in a sentence, where they cannot be had
 */
export async function loadRedisModule<Module>(url: URL, source = "QUEUE_URL"): Promise<Module> {
  try {
    return await import(url.href);
  } catch (cause) {
    throw notLoaded(cause, source);
  }
}

function notLoaded(cause: unknown, source: string): ConfigError {
  if (Deno.build.standalone) {
    return new ConfigError(
      `${source}: this binary was made without what Redis needs; make one that has it with ` +
        "`deno task compile --redis`, or start the program with deno",
      { cause },
    );
  }
  const [why = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  return new ConfigError(
    `${source}: what Redis needs could not be loaded: ${why}; Deno downloads it from the npm ` +
      "registry when they are first needed, so connect once",
    { cause },
  );
}
