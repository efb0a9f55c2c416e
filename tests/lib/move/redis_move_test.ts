/** Moves between a directory and a Redis server, in both directions. */
import { assertEquals } from "@std/assert";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { openRedisTaskStore } from "../../../lib/move/redis_task_store.ts";
import { connect } from "../../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { TempDir } from "../../support/storage_fixture.ts";
import { contentsOfTree } from "./contents.ts";
import { contentsOfRedis } from "./contents_of_redis.ts";
import { fileStore, QUIET } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

testWithRedis(
  "all tasks of a directory go to Redis and back, with all that belongs to them",
  async () => {
    await using dir = await TempDir.make();
    await using server = await RedisServer.start({ durable: false });
    const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
    plantTasks(a, 100);
    const planted = contentsOfTree(a);
    const target = parseRedisUrl(server.url);
    const redis = await openRedisTaskStore(target);
    assertEquals(await moveTasks(await fileStore(a), redis, QUIET), {
      moved: 100,
      already_there: 0,
      left: [],
    });
    assertEquals(contentsOfTree(a), new Map());
    const connection = await connect(target, { patience_ms: 1_000, retryForever: false });
    assertEquals(await contentsOfRedis(connection.client), planted);
    assertEquals((await moveTasks(redis, await fileStore(b), QUIET)).moved, 100);
    assertEquals(await contentsOfRedis(connection.client), new Map());
    assertEquals(contentsOfTree(b), planted);
    await connection.close();
    await redis.close();
  },
);
