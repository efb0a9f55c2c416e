import { assertEquals, assertRejects } from "@std/assert";
import { OwnService } from "../../../../lib/cli/start/own_service.ts";
import type { Storage } from "../../../../lib/open_storage.ts";

Deno.test("announced() ends its watch where it cannot see which services there are", async () => {
  let watches = 0;
  const storage = {
    presence: {
      live: () => Promise.reject(new Error("no such directory")),
      watch: () => {
        watches++;
        return { close: () => watches-- };
      },
    },
  } as unknown as Storage;
  const service = { ended: new Promise(() => {}) } as unknown as OwnService;
  await assertRejects(
    () => OwnService.prototype.announced.call(service, storage),
    Error,
    "no such directory",
  );
  assertEquals(watches, 0);
});
