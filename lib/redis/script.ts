import type { Buffer } from "node:buffer";
import type { RedisClient } from "./redis_client.ts";

export type ScriptArgument = string | number | Buffer;

/**
 * A Lua script of ours. It can be run twice: what is lost with a connection is asked again.
 *
 * @param name fresh: commands of this name are made on the client
 */
export class Script {
  constructor(
    private readonly name: string,
    private readonly lua: string,
    private readonly numberOfKeys: number,
  ) {}

  /** Makes it known to a client: to its pipelines too, which are made after that. */
  define(client: RedisClient): void {
    if (Object.hasOwn(client, this.name)) return;
    client.defineCommand(this.name, { numberOfKeys: this.numberOfKeys, lua: this.lua });
  }

  /** Runs it; sent whole only to a server that does not know it yet. */
  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    this.define(client);
    const commands = client as unknown as Record<string, RunScript | undefined>;
    const command = commands[this.name];
    if (command === undefined) throw new Error(`the client has no command "${this.name}"`);
    return await command.call(client, ...keys, ...args);
  }
}

type RunScript = (...args: readonly ScriptArgument[]) => Promise<unknown>;
