/** Whether the server, its memory and its clock are in order, and what lies in it that is nobody's. */
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import { checkServer } from "../../redis/server_check.ts";
import { type Finding, findingsOf } from "../finding.ts";
import type { Examination, PlaceClock } from "../upkeep.ts";
import { checkHeldBack } from "./held_back.ts";
import { checkLeftKeys } from "./left_keys.ts";
import { checkMemory, memoryFacts } from "./server_memory.ts";

/** What is examined. */
export interface Server {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly durability: "full" | "relaxed";
}

export async function examineServer(server: Server): Promise<Examination> {
  const { connection, keys } = server;
  return await connection.ask(async (client) => {
    const settings = await settingsFindings(server);
    const meta = await client.hgetall(keys.state("meta"));
    return {
      findings: [
        ...settings,
        ...checkHeldBack(meta),
        ...checkMemory(await askForMemory(client)),
        ...await checkLeftKeys(client, keys),
      ],
      clock: await clockOf(client),
    };
  });
}
