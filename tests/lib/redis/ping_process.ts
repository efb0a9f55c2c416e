/** A program of its own that connects to QUEUE_URL's server: what Deno trusts is fixed at its start. */
import { connect } from "../../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

try {
  const target = parseRedisUrl(Deno.args[0] ?? "");
  const redis = await connect(target, { patience_ms: 0, retryForever: false });
  say(await redis.ask((client) => client.ping()));
  await redis.close();
} catch (error) {
  say(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
