/** Whether the server, its memory and its clock are in order, and what lies in it that is nobody's. */
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import { checkServer } from "../../redis/server_check.ts";
import { type Finding, findingsOf } from "../finding.ts";
import type { Examination, PlaceClock } from "../upkeep.ts";
import { checkHeldBack } from "./held_back.ts";
import { checkLeftKeys } from "./left_keys.ts";
import { checkMemory, type MemoryFacts, memoryFacts } from "./server_memory.ts";

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

async function askForMemory(client: RedisClient): Promise<MemoryFacts | undefined> {
  return memoryFacts(await ifAllowed(() => client.info("memory")) ?? "");
}

// Half of the way there and back is taken off: it may be long.
async function clockOf(client: RedisClient): Promise<PlaceClock> {
  const began = performance.now();
  const [seconds = 0, microseconds = 0] = await client.time();
  const now = Date.now() - (performance.now() - began) / 2;
  return { whose: "Redis", ahead_ms: Number(seconds) * 1000 + Number(microseconds) / 1000 - now };
}

async function ifAllowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command/i.test(error.message)) return undefined;
    throw error;
  }
}
