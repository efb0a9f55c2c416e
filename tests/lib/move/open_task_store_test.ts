import { assertEquals, assertRejects } from "@std/assert";
import { FlagError } from "../../../lib/config_error.ts";
import { openTaskStore } from "../../../lib/move/open_task_store.ts";

for (const text of ["redis:/u:s3cret@h", "redis:u:s3cret@h", "REDISS:/u:s3cret@h"]) {
  Deno.test(`"${text}" is a wrong URL and no directory, and is not repeated`, async () => {
    const { message } = await assertRejects(
      () => openTaskStore(text, { flag: "--from", base_dir: "/", durability: "full", make: false }),
      FlagError,
    );
    assertEquals(message.includes("s3cret"), false, message);
    assertEquals(message.startsWith("--from: expected "), true, message);
  });
}
