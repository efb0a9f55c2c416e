import { assertEquals, assertRejects } from "@std/assert";
import { MAX_ARTIFACT_BYTES } from "../../../lib/artifacts/redis_artifacts.ts";
import { LeaseLost } from "../../../lib/queue/task_queue.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { RedisStores } from "../../support/redis_stores.ts";
import { bytes, testArtifactsContract } from "./artifacts_contract.ts";

testArtifactsContract("Redis", async (test) => {
  await using server = await RedisServer.start();
  await using one = await RedisStores.open(server);
  await using other = await RedisStores.open(server);
  for (const task_id of ["x", "xx"]) await one.leases.take(task_id);
  await test({ artifacts: one.artifacts, other: other.artifacts });
}, testWithRedis);

testWithRedis(
  "an artifact that is too large is refused, and the tool is told what to do",
  async () => {
    await using server = await RedisServer.start();
    await using stores = await RedisStores.open(server);
    await stores.leases.take("x");
    const error = await assertRejects(
      () => stores.artifacts.write("x", "big.bin", new Uint8Array(MAX_ARTIFACT_BYTES + 1)),
      RangeError,
    );
    assertEquals(
      error.message,
      'cannot keep the artifact "big.bin": it has 16777217 bytes, and on Redis at most 16777216 are ' +
        "kept; let the tool put it elsewhere, such as a directory or a store that it may write to, " +
        "and answer with its place",
    );
    await stores.artifacts.write("x", "big.bin", new Uint8Array(MAX_ARTIFACT_BYTES));
    assertEquals(await stores.artifacts.size("x", "big.bin"), MAX_ARTIFACT_BYTES);
  },
);

testWithRedis("a late writer's artifact is refused", async () => {
  await using server = await RedisServer.start();
  await using late = await RedisStores.open(server);
  await using owner = await RedisStores.open(server);
  const write = (stores: RedisStores, text: string) =>
    stores.artifacts.write("x", "a.txt", bytes(text));
  await assertRejects(() => write(late, "never"), LeaseLost);
  await late.leases.take("x");
  await write(late, "early");
  await owner.leases.take("x");
  await write(owner, "owner's");
  await assertRejects(() => write(late, "late"), LeaseLost);
  assertEquals(await late.artifacts.read("x", "a.txt"), bytes("owner's"));
});
