/** Tests that must hold for every engine of the queue, with the real programs. */
import { RedisServer, testWithRedis } from "./redis_server.ts";
import { Scene } from "./scene.ts";

type Open = (...args: Parameters<typeof Scene.open>) => ReturnType<typeof Scene.open>;

/**
 * Declares a test for each engine. What it looks at is what the programs print: where tasks lie is
 * the engine's own.
 *
 * @param body is given how a scene is opened whose programs use that engine
 */
export function testOnEachEngine(name: string, body: (open: Open) => Promise<void>): void {
  Deno.test(`${name} (files)`, () => body(Scene.open));
  testWithRedis(`${name} (Redis)`, () => onRedis(body));
}

/** The same for Redis alone, with a server of the test's own. */
export async function onRedis<T>(body: (open: Open) => Promise<T>): Promise<T> {
  await using server = await RedisServer.start();
  return await body((env, options) => Scene.open({ QUEUE_URL: server.url, ...env }, options));
}
