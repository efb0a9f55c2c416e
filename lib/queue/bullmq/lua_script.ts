import type { RedisClient } from "../../redis/redis_client.ts";

type Argument = string | number | Uint8Array;
type Defined = (...args: (string | number | Uint8Array)[]) => Promise<unknown>;

/**
 * A script that the server runs as one step. A command whose answer was lost with the connection is
 * sent again by the client: every script is safe to run twice.
 */
export class LuaScript {
  /**
   * @param name under which the client keeps it
   * @param keys how many keys it takes; any number when absent
   */
  constructor(
    private readonly name: string,
    private readonly keys: number | undefined,
    private readonly lua: string,
  ) {}

  /** @returns what the script answers, unchecked */
  run(client: RedisClient, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const count = this.keys === undefined ? [keys.length] : [];
    return this.#command(client)(...count, ...keys, ...args);
  }

  #command(client: RedisClient): Defined {
    if (!Object.hasOwn(client, this.name)) {
      const numberOfKeys = this.keys === undefined ? {} : { numberOfKeys: this.keys };
      client.defineCommand(this.name, { lua: this.lua, ...numberOfKeys });
    }
    const command: Defined = Reflect.get(client, this.name);
    return command.bind(client);
  }
}
