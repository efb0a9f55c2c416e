/** Whether the server, its memory and its clock are in order, and what lies in it that is nobody's. */
import { findMoveMark } from "../../presence/redis_move_mark.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import { judgeServer, readServer, untold } from "../../redis/server_check.ts";
import { type Finding, findingsOf } from "../finding.ts";
import type { Examination, PlaceClock } from "../upkeep.ts";
import { moveFinding } from "../move_finding.ts";
import { checkHeldBack } from "./held_back.ts";
import { checkLeftKeys } from "./left_keys.ts";
import { scanKeys } from "./scan_keys.ts";
import { checkServerDisk } from "./server_disk.ts";
import { checkMemory, memoryFacts } from "./server_memory.ts";
import { checkStrayJobs } from "./stray_jobs.ts";

/** The server, and what the operator expects of it. */
export interface Server {
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  readonly durability: "full" | "relaxed";
}

export async function examineServer(server: Server): Promise<Examination> {
  const { redis, keys } = server;
  const settings = await settingsFindings(server);
  return await redis.ask(async (client) => {
    const meta = await client.hgetall(keys.state("meta"));
    const memory = await infoOf(client, "memory");
    const moving = await findMoveMark(client, keys);
    return {
      findings: [
        ...settings,
        ...checkServerDisk(await infoOf(client, "persistence")),
        ...checkHeldBack(meta),
        ...checkMemory(memoryFacts(memory)),
        ...moveFinding("keys", `Redis at ${redis.place}`, moving),
        // Of what is moving only a part may be there, and belongs there.
        ...moving === undefined ? await checkKeys(server, client) : [],
      ],
      clock: await clockOf(client),
    };
  });
}

async function checkKeys(server: Server, client: RedisClient): Promise<Finding[]> {
  const scanned = await scanKeys(client, server.keys);
  return [
    ...await checkLeftKeys(client, server.keys, scanned),
    ...await checkStrayJobs(server, scanned.jobs),
  ];
}

async function settingsFindings({ redis, durability }: Server): Promise<Finding[]> {
  const { ok, look } = findingsOf("server");
  const settings = await readServer(redis);
  const warnings = judgeServer(settings, durability, redis.place);
  const unknown = untold(settings, redis.place);
  if (warnings.length > 0) return warnings.map((text) => text === unknown ? ok(text) : look(text));
  const { software, version = "" } = settings;
  return [ok(`${software} ${version} at ${redis.place} keeps what it acknowledges`)];
}

// Half of the way there and back is taken off: it may be long.
async function clockOf(client: RedisClient): Promise<PlaceClock> {
  const began = performance.now();
  const [seconds = 0, microseconds = 0] = await client.time();
  const now = Date.now() - (performance.now() - began) / 2;
  return { whose: "Redis", ahead_ms: Number(seconds) * 1000 + Number(microseconds) / 1000 - now };
}

/** A section of INFO; empty where this user may not ask. */
async function infoOf(client: RedisClient, section: "memory" | "persistence"): Promise<string> {
  try {
    return await client.info(section);
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command/i.test(error.message)) return "";
    throw error;
  }
}
