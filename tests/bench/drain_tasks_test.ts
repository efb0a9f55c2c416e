import { assert } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { drainTasks } from "./drain_tasks.ts";

Deno.test("drainTasks() drains durably with two services, and has counted what they did", async () => {
  await using dir = await TempDir.make();
  const rate = await drainTasks(dir.path, {
    durability: "full",
    concurrency: 10,
    services: 2,
    count: 20,
    warm_up: 1,
  });
  assert(rate > 0 && Number.isFinite(rate));
});
