import type { Config } from "./config.ts";
import { withoutPassword } from "./url_password.ts";

/** A configuration that may be printed or logged: secrets are `***`. */
export function printableConfig(config: Config): Record<string, unknown> {
  return {
    ...config,
    api_key: config.api_key === undefined ? undefined : "***",
    base_url: withoutPassword(config.base_url),
    queue_url: withoutPassword(config.queue_url),
    tool_environment: Object.fromEntries(
      Object.entries(config.tool_environment).map(([name, value]) => [
        name,
        /proxy/i.test(name) ? withoutPassword(value) : value,
      ]),
    ),
  };
}
