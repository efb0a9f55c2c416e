/** `{prefix}:moving`: the mark of a move, alive as long as its process renews the key beside it. */
import type { RedisKeys } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis_client.ts";
import { JsonError, parseText } from "../task/json.ts";
import { type FoundMark, type MoveMark, parseMoveMark } from "../task/move_mark.ts";

/** The mark that is there, if one is. A process that is gone may count as alive for some seconds. */
export async function findMoveMark(
  client: RedisClient,
  keys: RedisKeys,
): Promise<FoundMark & { readonly text: string } | undefined> {
  const text = await client.get(keys.moving);
  if (text === null) return undefined;
  const alive = await client.exists(keys.mover) === 1;
  return { text, mark: read(text), alive, remove: `delete the key "${keys.moving}" in Redis` };
}

function read(text: string): MoveMark | undefined {
  try {
    return parseMoveMark(parseText(text));
  } catch (error) {
    // Whatever it says, it is there.
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
